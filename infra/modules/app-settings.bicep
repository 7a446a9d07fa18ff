metadata description = 'The app\'s settings, as README\'s table has them. None is a secret: every connection is by the app\'s identity.'

param appName string
param identityName string
param applicationInsightsName string

@allowed(['FlexConsumption', 'Premium', 'Dedicated'])
param plan string

@description('The package that Elastic Premium starts from.')
param packageUrl string

param blobUri string
param queueUri string
param tableUri string
param formRecognizerEndpoint string
param formRecognizerApiVersion string
param formRecognizerTier string
param submissionsPerSecond string
param defaultModel string
param confidenceThreshold string
param analysisDeadline int
param reuseResults bool

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
  name: appName
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

var ofApp = {
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identity.properties.clientId
  AzureWebJobsStorage__blobServiceUri: blobUri
  AzureWebJobsStorage__queueServiceUri: queueUri
  AzureWebJobsStorage__tableServiceUri: tableUri
  DOCUMENTS_STORAGE__credential: 'managedidentity'
  DOCUMENTS_STORAGE__clientId: identity.properties.clientId
  DOCUMENTS_STORAGE__blobServiceUri: blobUri
  DOCUMENTS_STORAGE__queueServiceUri: queueUri
  DOCUMENTS_STORAGE__tableServiceUri: tableUri
  DOCUMENTS_TRIGGER_SOURCE: plan == 'FlexConsumption' ? 'EventGrid' : 'LogsAndContainerScan'
  FORM_RECOGNIZER_ENDPOINT: formRecognizerEndpoint
  FORM_RECOGNIZER_API_VERSION: formRecognizerApiVersion
  FORM_RECOGNIZER_TIER: formRecognizerTier
  SUBMISSIONS_PER_SECOND: submissionsPerSecond
  DEFAULT_MODEL: defaultModel
  CONFIDENCE_THRESHOLD: confidenceThreshold
  ANALYSIS_DEADLINE: string(analysisDeadline)
  REUSE_RESULTS: reuseResults ? 'true' : 'false'
  // Every run that the host may start at once has a thread: see host.json.
  PYTHON_THREADPOOL_THREAD_COUNT: '96'
  APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsights.properties.ConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
}

// Flex Consumption has these in functionAppConfig, and refuses them here.
var ofServers = {
  FUNCTIONS_EXTENSION_VERSION: '~4'
  FUNCTIONS_WORKER_RUNTIME: 'python'
}
var ofDedicated = {
  SCM_DO_BUILD_DURING_DEPLOYMENT: 'true'
  ENABLE_ORYX_BUILD: 'true'
}
// Elastic Premium would keep the code in Azure Files, which takes no identity but the account's key.
var ofPremium = {
  WEBSITE_RUN_FROM_PACKAGE: packageUrl
  WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID: identity.id
}
var onServers = union(ofApp, ofServers, plan == 'Premium' ? ofPremium : ofDedicated)

resource settings 'Microsoft.Web/sites/config@2025-03-01' = {
  // checkov:skip=CKV_AZURE_13:appsettings is a list of names and values, not the web configuration
  // checkov:skip=CKV_AZURE_63:appsettings is a list of names and values, not the web configuration
  // checkov:skip=CKV_AZURE_65:appsettings is a list of names and values, not the web configuration
  // checkov:skip=CKV_AZURE_66:appsettings is a list of names and values, not the web configuration
  // checkov:skip=CKV_AZURE_80:appsettings is a list of names and values, not the web configuration
  // checkov:skip=CKV_AZURE_88:appsettings is a list of names and values, not the web configuration
  // checkov:skip=CKV_AZURE_222:appsettings is a list of names and values, not the web configuration
  parent: app
  name: 'appsettings'
  properties: plan == 'FlexConsumption' ? ofApp : onServers
}
