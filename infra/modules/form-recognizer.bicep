metadata description = 'Form Recognizer (Document Intelligence), without keys: whoever calls it shows an identity, which needs the custom subdomain.'

@description('Its name, and its subdomain of cognitiveservices.azure.com.')
param name string

param location string
param tags object

@allowed(['F0', 'S0'])
param tier string

@description('Whether only a private endpoint leads here.')
param isPrivate bool

resource account 'Microsoft.CognitiveServices/accounts@2025-06-01' = {
  // checkov:skip=CKV_AZURE_134:privateNetwork decides; there are no keys, callers show an identity
  name: name
  location: location
  tags: tags
  kind: 'FormRecognizer'
  sku: { name: tier }
  identity: { type: 'SystemAssigned' }
  properties: {
    customSubDomainName: name
    disableLocalAuth: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: { defaultAction: isPrivate ? 'Deny' : 'Allow' }
  }
}

@description('Who it is when it reads training files from a storage account that has no public access.')
output principalId string = account.identity.principalId
