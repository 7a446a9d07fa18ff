metadata description = 'The one storage account: the host\'s own files, documents, results, queues and tables. The names are those of shared/names.py.'

param name string
param location string
param tags object

@description('Where Flex Consumption keeps the published code.')
param packageContainer string

@description('Where Event Grid leaves the events that it could not deliver.')
param undeliveredContainer string

param redundancy string
param resultsCoolAfterDays int
param resultsDeletedAfterDays int

@description('Whether only private endpoints lead here.')
param isPrivate bool

var containers = ['documents', 'results', 'training', packageContainer, undeliveredContainer]
var queues = ['submissions', 'operations', 'results']
var tables = ['Documents', 'Fields', 'Records', 'Models', 'Contents']

var resultsCool = { tierToCool: { daysAfterModificationGreaterThan: resultsCoolAfterDays } }
var resultsDeleted = { delete: { daysAfterModificationGreaterThan: resultsDeletedAfterDays } }

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  // checkov:skip=CKV_AZURE_35:privateNetwork decides; there are no keys, callers show an identity
  // checkov:skip=CKV_AZURE_206:storageRedundancy decides, Standard_ZRS by default
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: redundancy }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      // Form Recognizer (training) and Event Grid (what it can't deliver) come by their own identities, as trusted services.
      bypass: 'AzureServices'
      defaultAction: isPrivate ? 'Deny' : 'Allow'
    }
  }
}

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: { enabled: true, days: 7 }
    containerDeleteRetentionPolicy: { enabled: true, days: 7 }
  }
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = [
  for container in containers: {
    parent: blobService
    name: container
    properties: { publicAccess: 'None' }
  }
]

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2025-06-01' = {
  parent: account
  name: 'default'
}

resource queue 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-06-01' = [
  for queue in queues: {
    parent: queueService
    name: queue
  }
]

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2025-06-01' = {
  parent: account
  name: 'default'
}

resource table 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-06-01' = [
  for table in tables: {
    parent: tableService
    name: table
  }
]

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2025-06-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'results'
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['results/'] }
            actions: {
              baseBlob: resultsDeletedAfterDays == 0 ? resultsCool : union(resultsCool, resultsDeleted)
            }
          }
        }
        {
          name: 'undelivered-events'
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['${undeliveredContainer}/'] }
            actions: {
              baseBlob: { delete: { daysAfterModificationGreaterThan: 90 } }
            }
          }
        }
      ]
    }
  }
  dependsOn: [blobService]
}
