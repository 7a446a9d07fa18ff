metadata description = 'Who the app is: one identity for storage, Form Recognizer and logs. It outlives the app, so its roles do too.'

param name string
param location string
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

output principalId string = identity.properties.principalId
