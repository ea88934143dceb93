package generators

import (
	"path"

	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/schema"
)

// Secrets generates the stores that External Secrets reads from, in the clusters whose services use a database.
type Secrets struct{}

// apiSecrets is the API of External Secrets.
const apiSecrets = "external-secrets.io/v1"

// secretDatabase is the name of the Secret with the variables of a program that uses the database.
const secretDatabase = "database"

// Names of the stores.
const (
	storeSecrets    = "secrets-manager"
	storeParameters = "parameter-store"
)

// Environment makes the stores. The rights are those of External Secrets itself (EKS Pod Identity).
func (Secrets) Environment(_ *schema.Config, e *schema.Environment) ([]manifest.Object, error) {
	if e.Cluster == nil || !usesDatabase(e) {
		return nil, nil
	}
	folder := path.Join(e.Name, folderCluster, folderStores)
	return []manifest.Object{
		{Path: path.Join(folder, "clustersecretstore-"+storeParameters+".yaml"), Object: newStore(e, storeParameters, "ParameterStore")},
		{Path: path.Join(folder, "clustersecretstore-"+storeSecrets+".yaml"), Object: newStore(e, storeSecrets, "SecretsManager")},
	}, nil
}

func usesDatabase(e *schema.Environment) bool {
	for _, service := range e.Services {
		if service.UsesDatabase() {
			return true
		}
	}
	return false
}

// newStore makes a store of an AWS service that the namespaces of services may read from.
func newStore(e *schema.Environment, name, service string) map[string]any {
	return map[string]any{
		"apiVersion": apiSecrets, "kind": "ClusterSecretStore",
		"metadata": map[string]any{"name": name, "labels": fields(e.Labels())},
		"spec": map[string]any{
			"provider": map[string]any{"aws": map[string]any{"service": service, "region": e.Region}},
			"conditions": []any{map[string]any{"namespaceSelector": map[string]any{
				"matchExpressions": []any{map[string]any{"key": labelDatabase, "operator": "Exists"}},
			}}},
		},
	}
}

// labelDatabase marks the namespaces whose services use the environment's database.
const labelDatabase = "genops.dev/database"

// databaseSecret brings where the database is, and the master user's password, into the service's namespace. AWS gives the secret of a managed
// password a name that nobody knows before: it is found by the tag with the ARN of the database (Amazon RDS user guide: password management).
func (w *workload) databaseSecret() map[string]any {
	from := func(store string) map[string]any {
		return map[string]any{"storeRef": map[string]any{"kind": "ClusterSecretStore", "name": store}}
	}
	var data []any
	for _, key := range []string{"host", "readerHost", "port", "database"} {
		data = append(data, map[string]any{
			"secretKey": key,
			"remoteRef": map[string]any{"key": schema.DatabaseParameter(w.e.Project, w.e.Name), "property": key},
			"sourceRef": from(storeParameters),
		})
	}
	spec := map[string]any{
		"refreshInterval": "15m",
		"secretStoreRef":  map[string]any{"kind": "ClusterSecretStore", "name": storeSecrets},
	}
	password := "{{ (.master | fromJson).password }}" //nolint:gosec // A template, no password.
	if w.e.Database.Replica == nil {
		spec["dataFrom"] = []any{map[string]any{
			"find": map[string]any{"tags": map[string]any{"aws:rds:primaryDBClusterArn": w.e.DatabaseARN()}},
			"rewrite": []any{map[string]any{
				"regexp": map[string]any{"source": ".*", "target": "master"},
			}},
		}}
	} else {
		password = "{{ .master }}" //nolint:gosec // As above.
		data = append(data, map[string]any{
			"secretKey": "master", "remoteRef": map[string]any{"key": schema.DatabaseSecret(w.e.Project, w.e.Name)},
		})
	}
	spec["data"] = data
	spec["target"] = map[string]any{
		"name": secretDatabase, "creationPolicy": "Owner",
		"template": map[string]any{"engineVersion": "v2", "data": map[string]any{
			"DATABASE_HOST": "{{ .host }}", "DATABASE_READER_HOST": "{{ .readerHost }}", "DATABASE_PORT": "{{ .port }}",
			"DATABASE_NAME": "{{ .database }}", "DATABASE_USER": w.e.Database.MasterUsername, "DATABASE_PASSWORD": password,
		}},
	}
	return map[string]any{
		"apiVersion": apiSecrets, "kind": "ExternalSecret",
		"metadata": map[string]any{
			"name": secretDatabase, "namespace": w.service.Namespace, "labels": fields(with(w.e.Labels(), labelName, w.name)),
		},
		"spec": spec,
	}
}
