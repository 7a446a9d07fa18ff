metadata name = 'Forms to Tables'
metadata description = 'Everything that the app needs, in one resource group. The code comes next, and then events.bicep, which sends it the files that are dropped.'

targetScope = 'resourceGroup'

@description('Where everything is made. Form Recognizer and Flex Consumption must be offered there: `az functionapp list-flexconsumption-locations`.')
param location string = resourceGroup().location

@description('The first word of every name; a hash of the resource group makes the rest unique. Lower-case letters and digits.')
@minLength(2)
@maxLength(9)
param prefix string = 'forms'

@description('Who may use the command line with this deployment: the object id of a user, a group or a service principal (`az ad signed-in-user show --query id -o tsv`). Empty: nobody yet.')
param operatorPrincipalId string = ''

@description('What operatorPrincipalId is.')
@allowed(['User', 'Group', 'ServicePrincipal'])
param operatorPrincipalType string = 'User'

@description('Where alerts are sent. Empty: they are only shown in the portal.')
param alertEmail string = ''

@description('The tier of Form Recognizer. F0 is free: it reads the first two pages of a file and takes one call a second; a subscription has one.')
@allowed(['F0', 'S0'])
param formRecognizerTier string = 'S0'

@description('The resource id of a Form Recognizer that is there already; it needs a custom subdomain. Its own settings are left alone. Empty: one is made.')
param existingFormRecognizerId string = ''

@description('The endpoint of the Form Recognizer that is there already: https://<its subdomain>.cognitiveservices.azure.com')
param existingFormRecognizerEndpoint string = ''

@description('The REST API that files are read with. A trained model keeps the one it was trained with.')
@allowed(['2.0', '2.1', '2023-07-31', '2024-11-30'])
param formRecognizerApiVersion string = '2.1'

@description('Paid calls a second, of each process: a number from 0.1 to 1000. The service takes 15 in all on S0 and 1 on F0 unless the quota was raised; what is too much is put off.')
@minLength(1)
param submissionsPerSecond string = formRecognizerTier == 'F0' ? '1' : '15'

@description('Reads the files that no model of a folder claims.')
@minLength(1)
param defaultModel string = 'prebuilt-layout'

@description('Below this confidence a value needs review: a number from 0 to 1.')
@minLength(1)
param confidenceThreshold string = '0.8'

@description('Seconds that a file may wait to be accepted, and again from then until its result. The service keeps results for 86400.')
@minValue(1)
@maxValue(604800)
param analysisDeadline int = 86400

@description('Whether the same bytes with the same model are not analyzed, and paid for, again.')
param reuseResults bool = true

@description('What the functions run on. FlexConsumption scales to nothing and is told of files by Event Grid. Premium (Elastic Premium) and Dedicated always run and look for files themselves (the polling trigger), which may take minutes; Premium starts from a package that you put into the container app-package.')
@allowed(['FlexConsumption', 'Premium', 'Dedicated'])
param plan string = 'FlexConsumption'

@description('Flex Consumption: the memory of an instance, of which it is also billed. 512 is enough for small forms; files up to 500 MB and results of thousands of pages are what 2048 is for.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Flex Consumption: how many instances each function may have. The service\'s quota, not this, is the limit of speed; the platform takes no less than 40.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Flex Consumption: instances of poll_operation that are always running, and paid for. With 1 a finished analysis is noticed almost at once; with 0 the platform first has to start one.')
@minValue(0)
@maxValue(20)
param alwaysReadyPolling int = 1

@description('Whether storage and Form Recognizer are reached through private endpoints only. The app then stands in a virtual network, and only Event Grid may call it.')
param privateNetwork bool = false

@description('How many copies of storage there are, and where: in one building, in three of the region (not every region has three), or in a second region as well.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param storageRedundancy string = 'Standard_ZRS'

@description('Days after which results move to the cool tier, where keeping them is cheaper and reading them is not.')
@minValue(1)
@maxValue(3650)
param resultsCoolAfterDays int = 30

@description('Days after which results are deleted; a file that is dropped again later is then paid for again. 0: never.')
@minValue(0)
@maxValue(3650)
param resultsDeletedAfterDays int = 0

@description('Days that logs are kept.')
@minValue(30)
@maxValue(730)
param logsKeptDays int = 30

@description('Tags on every resource.')
param tags object = {}

var unique = uniqueString(resourceGroup().id)
var storageName = '${prefix}${unique}'
var appName = '${prefix}-${unique}'
var identityName = '${prefix}-app'
var newFormRecognizerName = '${prefix}-recognizer-${unique}'
var networkName = '${prefix}-network'
var logsName = '${prefix}-logs'
var workbookName = guid(resourceGroup().id, 'documents')
var topicName = '${prefix}-files'
var packageContainer = 'app-package'
var undeliveredContainer = 'undelivered-events'

var isFlex = plan == 'FlexConsumption'
var makesFormRecognizer = empty(existingFormRecognizerId)
var newFormRecognizerId = resourceId('Microsoft.CognitiveServices/accounts', newFormRecognizerName)
var newFormRecognizerEndpoint = 'https://${newFormRecognizerName}.cognitiveservices.azure.com'
var formRecognizerId = makesFormRecognizer ? newFormRecognizerId : existingFormRecognizerId
var formRecognizerEndpoint = makesFormRecognizer ? newFormRecognizerEndpoint : existingFormRecognizerEndpoint
var storageSuffix = environment().suffixes.storage
var storageId = resourceId('Microsoft.Storage/storageAccounts', storageName)
var subnetId = resourceId('Microsoft.Network/virtualNetworks/subnets', networkName, 'app')
var appSubnetId = privateNetwork ? subnetId : ''
var blobUri = 'https://${storageName}.blob.${storageSuffix}'
var queueUri = 'https://${storageName}.queue.${storageSuffix}'
var tableUri = 'https://${storageName}.table.${storageSuffix}'

module identity 'modules/identity.bicep' = {
  params: {
    name: identityName
    location: location
    tags: tags
  }
}

module storage 'modules/storage.bicep' = {
  params: {
    name: storageName
    location: location
    tags: tags
    packageContainer: packageContainer
    undeliveredContainer: undeliveredContainer
    redundancy: storageRedundancy
    resultsCoolAfterDays: resultsCoolAfterDays
    resultsDeletedAfterDays: resultsDeletedAfterDays
    isPrivate: privateNetwork
  }
}

module formRecognizer 'modules/form-recognizer.bicep' = if (makesFormRecognizer) {
  params: {
    name: newFormRecognizerName
    location: location
    tags: tags
    tier: formRecognizerTier
    isPrivate: privateNetwork
  }
}

module monitoring 'modules/monitoring.bicep' = {
  params: {
    name: logsName
    location: location
    tags: tags
    keptDays: logsKeptDays
  }
}

module alerts 'modules/alerts.bicep' = {
  params: {
    prefix: prefix
    location: location
    tags: tags
    applicationInsightsName: logsName
    email: alertEmail
  }
  dependsOn: [monitoring]
}

module workbook 'modules/workbook.bicep' = {
  params: {
    name: workbookName
    location: location
    tags: tags
    applicationInsightsName: logsName
  }
  dependsOn: [monitoring]
}

module network 'modules/network.bicep' = if (privateNetwork) {
  params: {
    name: networkName
    location: location
    tags: tags
    storageId: storageId
    formRecognizerId: formRecognizerId
    appDelegation: isFlex ? 'Microsoft.App/environments' : 'Microsoft.Web/serverFarms'
  }
  dependsOn: [storage, formRecognizer]
}

module topic 'modules/events-topic.bicep' = if (isFlex) {
  params: {
    name: topicName
    location: location
    tags: tags
    storageId: storageId
  }
  dependsOn: [storage]
}

module roles 'modules/roles.bicep' = {
  params: {
    storageName: storageName
    undeliveredContainer: undeliveredContainer
    applicationInsightsName: logsName
    formRecognizerId: formRecognizerId
    appPrincipalId: identity.outputs.principalId
    operatorPrincipalId: operatorPrincipalId
    operatorPrincipalType: operatorPrincipalType
    topicPrincipalId: isFlex ? topic!.outputs.principalId : ''
    formRecognizerPrincipalId: makesFormRecognizer ? formRecognizer!.outputs.principalId : ''
    isFlex: isFlex
    isPrivate: privateNetwork
    makesFormRecognizer: makesFormRecognizer
  }
  #disable-next-line no-unnecessary-dependson // the topic depends on it too, but is not always there
  dependsOn: [storage, monitoring]
}

module flexApp 'modules/flex-app.bicep' = if (isFlex) {
  params: {
    name: appName
    location: location
    tags: tags
    identityName: identityName
    packageContainerUrl: '${blobUri}/${packageContainer}'
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyPolling: alwaysReadyPolling
    subnetId: appSubnetId
  }
  dependsOn: [identity, roles, network]
}

module serverApp 'modules/server-app.bicep' = if (!isFlex) {
  params: {
    name: appName
    location: location
    tags: tags
    identityName: identityName
    isElastic: plan == 'Premium'
    subnetId: appSubnetId
  }
  dependsOn: [identity, roles, network]
}

module settings 'modules/app-settings.bicep' = {
  params: {
    appName: appName
    identityName: identityName
    applicationInsightsName: logsName
    plan: plan
    packageUrl: '${blobUri}/${packageContainer}/app.zip'
    blobUri: blobUri
    queueUri: queueUri
    tableUri: tableUri
    formRecognizerEndpoint: formRecognizerEndpoint
    formRecognizerApiVersion: formRecognizerApiVersion
    formRecognizerTier: formRecognizerTier
    submissionsPerSecond: submissionsPerSecond
    defaultModel: defaultModel
    confidenceThreshold: confidenceThreshold
    analysisDeadline: analysisDeadline
    reuseResults: reuseResults
  }
  dependsOn: [flexApp, serverApp, monitoring]
}

@description('The function app; `func azure functionapp publish` takes it.')
output FUNCTION_APP_NAME string = appName

@description('The storage account of documents, queues and tables.')
output STORAGE_ACCOUNT_NAME string = storageName

@description('The Event Grid topic that events.bicep subscribes the app to; empty where the app looks for files itself.')
output EVENT_TOPIC_NAME string = isFlex ? topicName : ''

@description('The container of events that could not be delivered.')
output UNDELIVERED_CONTAINER string = undeliveredContainer

// From here on the settings of the command line, under the names it reads them by.
output DOCUMENTS_STORAGE__blobServiceUri string = blobUri
output DOCUMENTS_STORAGE__queueServiceUri string = queueUri
output DOCUMENTS_STORAGE__tableServiceUri string = tableUri
output FORM_RECOGNIZER_ENDPOINT string = formRecognizerEndpoint
output FORM_RECOGNIZER_API_VERSION string = formRecognizerApiVersion
output FORM_RECOGNIZER_TIER string = formRecognizerTier
output SUBMISSIONS_PER_SECOND string = submissionsPerSecond
output DEFAULT_MODEL string = defaultModel
output CONFIDENCE_THRESHOLD string = confidenceThreshold
output ANALYSIS_DEADLINE string = string(analysisDeadline)
output REUSE_RESULTS string = reuseResults ? 'true' : 'false'
