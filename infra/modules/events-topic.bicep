metadata description = 'The Event Grid topic that hears of each file that is written to the storage account. Who is told is said by events.bicep, after the code is there.'

param name string
param location string
param tags object
param storageId string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: {
    source: storageId
    topicType: 'Microsoft.Storage.StorageAccounts'
  }
}

@description('Who leaves what could not be delivered in the storage account.')
output principalId string = topic.identity.principalId
