metadata description = 'Who may do what: every role assignment of the deployment, with its reason, which Azure shows too.'

param storageName string
param undeliveredContainer string
param applicationInsightsName string
param formRecognizerId string

@description('The app.')
param appPrincipalId string

@description('Who types `python -m cli`; empty: nobody.')
param operatorPrincipalId string

param operatorPrincipalType string

@description('The Event Grid topic; there is none but on Flex Consumption.')
param topicPrincipalId string

@description('The Form Recognizer that this deployment made.')
param formRecognizerPrincipalId string

param isFlex bool
param isPrivate bool
param makesFormRecognizer bool

var blobDataOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b' // Storage Blob Data Owner
var blobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe' // Storage Blob Data Contributor
var blobDataReader = '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1' // Storage Blob Data Reader
var blobDelegator = 'db58b8e5-c6ad-4a2a-8342-4190687cbf4a' // Storage Blob Delegator
var queueDataContributor = '974c5e8b-45b9-4653-ba55-5f855dd0fb88' // Storage Queue Data Contributor
var tableDataContributor = '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3' // Storage Table Data Contributor
var storageAccountContributor = '17d1049b-9a84-46fb-8f53-869881c3d3ab' // Storage Account Contributor
var cognitiveServicesUser = 'a97b65f3-24c7-4388-baec-2e87135dc908' // Cognitive Services User
var monitoringMetricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb' // Monitoring Metrics Publisher

var app = { id: appPrincipalId, type: 'ServicePrincipal' }
var operator = { id: operatorPrincipalId, type: operatorPrincipalType }
var hasOperator = !empty(operatorPrincipalId)

var appOnStorage = [
  {
    role: blobDataOwner
    who: app
    why: 'The host keeps leases, keys and the code in containers it makes; the app reads documents and writes results.'
  }
  {
    role: queueDataContributor
    who: app
    why: 'The host makes its own and the poison queues; the app sends and takes messages.'
  }
  {
    role: tableDataContributor
    who: app
    why: 'The app writes the five tables; the host keeps its diagnostic events in a table.'
  }
]
var pollingOnStorage = [
  {
    role: storageAccountContributor
    who: app
    why: 'The polling blob trigger switches on the logging of writes, a property of the account.'
  }
]
var operatorOnStorage = [
  { role: blobDelegator, who: operator, why: 'train signs a URL by which Form Recognizer reads the training files.' }
  {
    role: queueDataContributor
    who: operator
    why: 'retry and reconcile send messages.'
  }
  {
    role: tableDataContributor
    who: operator
    why: 'train registers models; status, query and retry read and write rows.'
  }
]
var onStorage = concat(appOnStorage, isFlex ? [] : pollingOnStorage, hasOperator ? operatorOnStorage : [])

var operatorOnContainers = [
  { container: 'documents', role: blobDataContributor, why: 'upload drops files; retry and reconcile look at them.' }
  {
    container: 'results'
    role: blobDataReader
    why: 'retry looks whether a result is there; a person reads answers and kept messages.'
  }
  { container: 'training', role: blobDataContributor, why: 'train uploads the forms and deletes what was taken out.' }
  {
    container: undeliveredContainer
    role: blobDataReader
    why: 'A person sees which events Event Grid could not deliver.'
  }
]

var appOnFormRecognizer = [
  { role: cognitiveServicesUser, who: app, why: 'The app has files analyzed and asks for results.' }
]
var operatorOnFormRecognizer = [
  { role: cognitiveServicesUser, who: operator, why: 'train makes models; models lists and deletes them.' }
]
var onFormRecognizer = concat(appOnFormRecognizer, hasOperator ? operatorOnFormRecognizer : [])

resource storage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageName
}

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' existing = {
  parent: storage
  name: 'default'
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' existing = [
  for assignment in operatorOnContainers: {
    parent: blobService
    name: assignment.container
  }
]

resource training 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' existing = {
  parent: blobService
  name: 'training'
}

resource undelivered 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' existing = {
  parent: blobService
  name: undeliveredContainer
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource ofAccount 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for assignment in onStorage: {
    scope: storage
    name: guid(storage.id, assignment.who.id, assignment.role)
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', assignment.role)
      principalId: assignment.who.id
      principalType: assignment.who.type
      description: assignment.why
    }
  }
]

resource ofContainer 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (assignment, i) in operatorOnContainers: if (hasOperator) {
    scope: container[i]
    name: guid(container[i].id, operatorPrincipalId, assignment.role)
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', assignment.role)
      principalId: operatorPrincipalId
      principalType: operatorPrincipalType
      description: assignment.why
    }
  }
]

resource ofTopic 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (isFlex) {
  scope: undelivered
  name: guid(undelivered.id, topicPrincipalId, blobDataContributor)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataContributor)
    principalId: topicPrincipalId
    principalType: 'ServicePrincipal'
    description: 'Event Grid leaves here the events that it could not deliver.'
  }
}

resource ofFormRecognizer 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (makesFormRecognizer && isPrivate) {
  scope: training
  name: guid(training.id, formRecognizerPrincipalId, blobDataReader)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataReader)
    principalId: formRecognizerPrincipalId
    principalType: 'ServicePrincipal'
    description: 'A signed URL does not open a storage account without public access; as a trusted service with a role it reads the training files.'
  }
}

resource ofLogs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: applicationInsights
  name: guid(applicationInsights.id, appPrincipalId, monitoringMetricsPublisher)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', monitoringMetricsPublisher)
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    description: 'Application Insights takes logs from identities only.'
  }
}

// A module, because a Form Recognizer that was there already may stand in another resource group.
module onFormRecognizerHere 'form-recognizer-roles.bicep' = {
  scope: resourceGroup(split(formRecognizerId, '/')[2], split(formRecognizerId, '/')[4])
  params: {
    name: last(split(formRecognizerId, '/'))
    assignments: onFormRecognizer
  }
}
