using 'main.bicep'

// `azd` sets these; without it they are taken from the environment, or left as main.bicep has them.
param prefix = readEnvironmentVariable('FORMS_PREFIX', 'forms')
param operatorPrincipalId = readEnvironmentVariable('AZURE_PRINCIPAL_ID', '')
param operatorPrincipalType = readEnvironmentVariable('AZURE_PRINCIPAL_TYPE', 'User') == 'ServicePrincipal'
  ? 'ServicePrincipal'
  : 'User'
param alertEmail = readEnvironmentVariable('ALERT_EMAIL', '')
