metadata description = 'The function app on Flex Consumption: nothing runs, and nothing is paid for, while there is nothing to do, but for what is always ready.'

param name string
param location string
param tags object
param identityName string

@description('The URL of the container where the published code is kept.')
param packageContainerUrl string

param instanceMemoryMB int
param maximumInstanceCount int
param alwaysReadyPolling int

@description('The subnet the app stands in; empty: none, and anyone may call its web address (there is nothing but the webhook, which asks for its key).')
param subnetId string

var isPrivate = !empty(subnetId)
var polling = { name: 'function:poll_operation', instanceCount: alwaysReadyPolling }
var eventGridOnly = {
  name: 'event-grid'
  priority: 100
  action: 'Allow'
  tag: 'ServiceTag'
  ipAddress: 'AzureEventGrid'
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  // checkov:skip=CKV_AZURE_225:an instance that is lost is replaced, and its messages come again
  name: name
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  // checkov:skip=CKV_AZURE_222:privateNetwork decides; Event Grid's webhook must be reachable, and it asks for a key
  // checkov:skip=CKV_AZURE_17:Event Grid shows a key, not a client certificate
  // checkov:skip=CKV_AZURE_212:the platform scales it; nothing is lost while none runs, the queues wait
  // checkov:skip=CKV_AZURE_213:there is no HTTP function that could be asked
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'functions' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identity.id}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    virtualNetworkSubnetId: isPrivate ? subnetId : null
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      ipSecurityRestrictionsDefaultAction: isPrivate ? 'Deny' : 'Allow'
      ipSecurityRestrictions: isPrivate ? [eventGridOnly] : []
      // Publishing asks for an Entra identity; it comes from outside the network.
      scmIpSecurityRestrictionsUseMain: false
    }
    functionAppConfig: {
      runtime: { name: 'python', version: '3.13' }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageContainerUrl
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identity.id }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReadyPolling > 0 ? [polling] : []
      }
    }
  }
}

resource ftp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'ftp'
  properties: { allow: false }
}

resource scm 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'scm'
  properties: { allow: false }
}
