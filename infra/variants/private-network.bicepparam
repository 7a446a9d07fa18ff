using '../main.bicep'

// Everything behind private endpoints, with an operator.
param operatorPrincipalId = '11111111-1111-1111-1111-111111111111'
param alertEmail = 'operator@example.org'
param privateNetwork = true
param resultsDeletedAfterDays = 365
