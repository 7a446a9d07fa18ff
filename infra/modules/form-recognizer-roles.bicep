metadata description = 'Gives the roles that roles.bicep names, in the resource group where Form Recognizer stands.'

param name string

@description('Each with `role`, `who` and `why`.')
param assignments array

resource account 'Microsoft.CognitiveServices/accounts@2025-06-01' existing = {
  name: name
}

resource ofAccount 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for assignment in assignments: {
    scope: account
    name: guid(account.id, assignment.who.id, assignment.role)
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', assignment.role)
      principalId: assignment.who.id
      principalType: assignment.who.type
      description: assignment.why
    }
  }
]
