metadata description = 'The function app on servers of its own: Elastic Premium (EP1) or a dedicated plan (P0v3). It looks for files itself.'

param name string
param location string
param tags object
param identityName string

@description('Elastic Premium; otherwise a dedicated plan.')
param isElastic bool

@description('The subnet the app stands in; empty: none.')
param subnetId string

var isPrivate = !empty(subnetId)
var elastic = { name: 'EP1', tier: 'ElasticPremium' }
var dedicated = { name: 'P0v3', tier: 'Premium0V3', capacity: 1 }

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  // checkov:skip=CKV_AZURE_225:an instance that is lost is replaced, and its messages come again
  name: name
  location: location
  tags: tags
  kind: isElastic ? 'elastic' : 'linux'
  sku: isElastic ? elastic : dedicated
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  // checkov:skip=CKV_AZURE_222:privateNetwork decides; there is no HTTP function to be called
  // checkov:skip=CKV_AZURE_17:there is no HTTP function to be called
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
    keyVaultReferenceIdentity: identity.id
    virtualNetworkSubnetId: isPrivate ? subnetId : null
    siteConfig: {
      linuxFxVersion: 'PYTHON|3.13'
      alwaysOn: !isElastic
      // Without it the platform cannot see queues behind private endpoints, and does not scale.
      functionsRuntimeScaleMonitoringEnabled: isElastic && isPrivate
      vnetRouteAllEnabled: isPrivate
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      // Nobody calls it: it has no HTTP function and takes no events.
      ipSecurityRestrictionsDefaultAction: isPrivate ? 'Deny' : 'Allow'
      scmIpSecurityRestrictionsUseMain: false
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
