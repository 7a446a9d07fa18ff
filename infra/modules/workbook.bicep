metadata description = 'A workbook of Azure Monitor on what the app logs: states, delay, pages paid, what needs review, failures, what waits.'

@description('A guid, as Azure wants it.')
param name string

param location string
param tags object
param applicationInsightsName string

var template = loadTextContent('../workbooks/documents.json')

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: name
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Forms to Tables'
    category: 'workbook'
    sourceId: applicationInsights.id
    // Its queries ask this Application Insights: none names another.
    serializedData: replace(template, '##applicationInsightsId##', applicationInsights.id)
  }
}
