metadata description = 'Alerts, each on a log query of infra/queries: what ended in a poison queue, documents that fail or wait too long, what only the hourly look found, an app that does not run.'

param prefix string
param location string
param tags object
param applicationInsightsName string

@description('Where alerts are sent; empty: they are only shown in the portal.')
param email string

var receivers = [{ name: 'operator', emailAddress: email, useCommonAlertSchema: true }]

// A window is longer than the time between two looks: lines reach the log minutes late.
var rules = [
  {
    name: 'poison'
    displayName: 'A message failed five times'
    description: 'It was taken from its queue; its copy is under results/poison/, and its document\'s row in the table Documents says why.'
    query: loadTextContent('../queries/poison.kql')
    severity: 1
    every: 'PT5M'
    over: 'PT15M'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'failing'
    displayName: 'Documents fail'
    description: 'Each has a code and a sentence on its row in the table Documents.'
    query: loadTextContent('../queries/failing.kql')
    severity: 2
    every: 'PT15M'
    over: 'PT30M'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'waiting'
    displayName: 'Documents wait too long'
    description: 'They are put off again and again; their rows say why: a setting to be mended, a quota, or a service that does not answer.'
    query: loadTextContent('../queries/waiting.kql')
    severity: 2
    every: 'PT15M'
    over: 'P1D'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'found'
    displayName: 'Only the hourly look found them'
    description: 'They are on their way again, but an event or a message was lost: do events arrive, and does the app run?'
    query: loadTextContent('../queries/found.kql')
    severity: 3
    every: 'PT1H'
    over: 'PT2H'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'silent'
    displayName: 'The app does not run'
    description: 'The hourly look was not seen for three hours: is the code published, and do its settings let it start?'
    query: loadTextContent('../queries/silent.kql')
    severity: 1
    every: 'PT1H'
    over: 'PT3H'
    operator: 'LessThan'
    threshold: 1
  }
]

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: '${prefix}-operator'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: prefix
    enabled: true
    emailReceivers: empty(email) ? [] : receivers
  }
}

resource alert 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: '${prefix}-${rule.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: rule.displayName
      description: rule.description
      enabled: true
      severity: rule.severity
      scopes: [applicationInsights.id]
      evaluationFrequency: rule.every
      windowSize: rule.over
      // A new Application Insights has no tables yet, and the query would be refused.
      skipQueryValidation: true
      autoMitigate: true
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: rule.operator
            threshold: rule.threshold
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [actionGroup.id] }
    }
  }
]
