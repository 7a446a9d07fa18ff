metadata description = 'The subscription of the app to the files in the container documents.'

param topicName string
param storageAccountName string
param undeliveredContainer string

@description('The app\'s webhook for blobs, with the key to it; secure, so that the deployment\'s history does not keep it.')
@secure()
param webhook string

// Writers that write in pieces raise an event for each; these calls end a file.
var endsOfWriting = ['PutBlob', 'PutBlockList', 'CopyBlob', 'FlushWithClose']

resource storage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageAccountName
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource subscription 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'submit-document'
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    destination: {
      endpointType: 'WebHook'
      properties: { endpointUrl: webhook }
    }
    filter: {
      includedEventTypes: ['Microsoft.Storage.BlobCreated']
      subjectBeginsWith: '/blobServices/default/containers/documents/blobs/'
      advancedFilters: [{ key: 'data.api', operatorType: 'StringIn', values: endsOfWriting }]
    }
    // A day, within which the waits grow; then the event is left in the container, and reconcile finds its file.
    retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 }
    deadLetterWithResourceIdentity: {
      identity: { type: 'SystemAssigned' }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: { resourceId: storage.id, blobContainerName: undeliveredContainer }
      }
    }
  }
}
