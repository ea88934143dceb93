// Modules that are needed for the definitions of custom resources in them (internal/schemas) and for none of their code. Here they do not add
// their requirements to the product's.
//
// There is no Go file here that imports them, so go mod tidy would drop them. To change a version, change it here and in
// internal/schemas/table.go, run go mod download MODULE@VERSION in this folder, which adds its digest to go.sum, and make generate.
module github.com/innovate-inc/genops/tools/schemas

go 1.26.5

require (
	github.com/crossplane/crossplane/v2 v2.3.4
	github.com/external-secrets/external-secrets v0.16.2
	github.com/upbound/provider-aws/v2 v2.4.0
)
