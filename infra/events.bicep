metadata name = 'Forms to Tables: events'
metadata description = 'Sends each file that is dropped to the app. It comes after the code: only then has the app the webhook, and the key to it.'

targetScope = 'resourceGroup'

@description('FUNCTION_APP_NAME among the outputs of main.bicep.')
param functionAppName string

@description('EVENT_TOPIC_NAME among the outputs of main.bicep.')
param topicName string

@description('STORAGE_ACCOUNT_NAME among the outputs of main.bicep.')
param storageAccountName string

@description('UNDELIVERED_CONTAINER among the outputs of main.bicep: where events are left that could not be delivered.')
param undeliveredContainer string = 'undelivered-events'

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
  name: functionAppName
}

var address = 'https://${app.properties.defaultHostName}/runtime/webhooks/blobs'

module subscription 'modules/event-subscription.bicep' = {
  params: {
    topicName: topicName
    storageAccountName: storageAccountName
    undeliveredContainer: undeliveredContainer
    webhook: '${address}?functionName=Host.Functions.submit_document&code=${listKeys('${app.id}/host/default', '2024-04-01').systemKeys.blobs_extension}'
  }
}
