package incluster

import (
	"maps"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
)

// secretStores are stores of both services, for namespaces with a label.
const secretStores = `
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: parameter-store}
spec:
  provider: {aws: {service: ParameterStore, region: eu-west-1}}
  conditions: [{namespaceSelector: {matchExpressions: [{key: genops.dev/database, operator: Exists}]}}]
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: secrets-manager}
spec:
  provider: {aws: {service: SecretsManager, region: eu-west-1}}
  conditions: [{namespaceSelector: {matchExpressions: [{key: genops.dev/database, operator: Exists}]}}]
---
apiVersion: v1
kind: Namespace
metadata: {name: api, labels: {genops.dev/database: "true"}}
---
`

// databaseSecret is the Secret of a program that uses the database, whose password RDS manages.
const databaseSecret = `
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: database, namespace: api, uid: es-1}
spec:
  refreshInterval: 15m
  secretStoreRef: {kind: ClusterSecretStore, name: secrets-manager}
  data:
  - secretKey: host
    remoteRef: {key: /acme/dev/database, property: host, decodingStrategy: None, metadataPolicy: None}
    sourceRef: {storeRef: {kind: ClusterSecretStore, name: parameter-store}}
  - secretKey: port
    remoteRef: {key: /acme/dev/database, property: port}
    sourceRef: {storeRef: {kind: ClusterSecretStore, name: parameter-store}}
  dataFrom:
  - find: {tags: {aws:rds:primaryDBClusterArn: "arn:aws:rds:eu-west-1:111122223333:cluster:acme-dev"}}
    rewrite: [{regexp: {source: ".*", target: master}}]
  target:
    name: database
    creationPolicy: Owner
    template:
      engineVersion: v2
      mergePolicy: Replace
      data:
        DATABASE_HOST: "{{ .host }}"
        DATABASE_PORT: "{{ .port }}"
        DATABASE_USER: "{{ (.master | fromJson).username }}"
        DATABASE_PASSWORD: "{{ (.master | fromJson).password }}"
---
`

// databases are what the account has.
func databases() string {
	return composed("ssm.aws.upbound.io/v1beta1", "Parameter", "database", "/acme/dev/database",
		`type: String, insecureValue: '{"host": "db.example.org", "port": 5432, "reader": {"host": "ro.example.org"}}'`, "") +
		composed("rds.aws.upbound.io/v1beta2", "Cluster", "database", "acme-dev", "manageMasterUserPassword: true, masterUsername: app",
			"arn: 'arn:aws:rds:eu-west-1:111122223333:cluster:acme-dev'") +
		composed("secretsmanager.aws.upbound.io/v1beta1", "Secret", "database", "arn-of-secret", "name: acme-dev-database, tags: {team: a}", "arn: arn-of-secret")
}

func TestExternalSecret(t *testing.T) {
	t.Parallel()
	const find = `  dataFrom:
  - find: {tags: {aws:rds:primaryDBClusterArn: "arn:aws:rds:eu-west-1:111122223333:cluster:acme-dev"}}
    rewrite: [{regexp: {source: ".*", target: master}}]
`
	const named = `  - secretKey: master
    remoteRef: {key: acme-dev-database}
`
	const host = "key: /acme/dev/database, property: host"
	for name, tc := range map[string]struct {
		from, to       string
		fromHub, toHub string
		says           string
	}{
		"good":                 {},
		"property inside":      {from: "property: host", to: "property: reader.host"},
		"whole parameter":      {from: ", property: host", to: ""},
		"all of a parameter":   {from: "  dataFrom:\n", to: "  dataFrom:\n  - {extract: {key: /acme/dev/database}, sourceRef: {storeRef: {kind: ClusterSecretStore, name: parameter-store}}}\n"},
		"found by own tags":    {from: `aws:rds:primaryDBClusterArn: "arn:aws:rds:eu-west-1:111122223333:cluster:acme-dev"`, to: "team: a", says: "template of DATABASE_PASSWORD"},
		"named":                {from: find, to: named, says: "template of DATABASE_PASSWORD"},
		"no such secret":       {from: find, to: strings.Replace(named, "acme", "acne", 1), says: "spec.data[2] (master): secret acne-dev-database does not exist in eu-west-1; there are: acme-dev-database"},
		"secrets not served":   {from: find, to: named, fromHub: "kind: Secret", toHub: "kind: Other", says: "the hub does not serve secrets of secretsmanager.aws.upbound.io"},
		"no such parameter":    {from: host, to: "key: /acme/database, property: host", says: "parameter /acme/database does not exist in eu-west-1; there are: /acme/dev/database"},
		"no such property":     {from: "property: host", to: "property: hostname", says: "has no property hostname; there are: host, port, reader"},
		"no JSON":              {fromHub: `'{"host"`, toHub: `'"host"`, says: "its value is no JSON object"},
		"parameters":           {fromHub: "kind: Parameter", toHub: "kind: Other", says: "the hub does not serve parameters of ssm.aws.upbound.io"},
		"parameter, region":    {fromHub: "region: eu-west-1", toHub: "region: eu-central-1", says: "does not exist in eu-west-1; there is none"},
		"parameter, account":   {fromHub: "name: dev}", toHub: "name: prod}", says: "does not exist in eu-west-1; there is none"},
		"other database":       {from: "cluster:acme-dev", to: "cluster:acme", says: "spec.dataFrom[0]: find: no secret of eu-west-1 has the tags"},
		"no managed password":  {fromHub: "manageMasterUserPassword: true", toHub: "manageMasterUserPassword: false", says: "RDS manages no password of arn:aws:rds:eu-west-1:111122223333:cluster:acme-dev"},
		"databases not served": {fromHub: "kind: Cluster", toHub: "kind: Other", says: "the hub does not serve clusters of rds.aws.upbound.io"},
		"no store":             {from: "name: parameter-store}}", to: "name: parameters}}", says: `could not get ClusterSecretStore "parameters"`},
		"kind of store":        {from: "{kind: ClusterSecretStore, name: parameter", to: "{kind: SecretStore, name: parameter", says: `this stand-in knows ClusterSecretStores, not "SecretStore"`},
		"denied":               {from: "labels: {genops.dev/database", to: "labels: {team", says: `using cluster store "parameter-store" is not allowed from namespace "api": denied by spec.conditions`},
		"store of a namespace": {from: "labels: {genops.dev/database: \"true\"}}\n---\n", to: "labels: {genops.dev/database: \"\"}}\n---\n"},
		"template, key":        {from: "{{ .host }}", to: "{{ .hostname }}", says: `template of DATABASE_HOST: template: DATABASE_HOST:1:3: executing "DATABASE_HOST" at <.hostname>: map has no entry`},
		"template, function":   {from: "{{ .host }}", to: "{{ .host | upper }}", says: `function "upper" not defined`},
		"template, JSON":       {from: "(.master | fromJson).username", to: "(.host | fromJson).username", says: "no JSON"},
		"policy":               {from: "creationPolicy: Owner", to: "creationPolicy: Merge", says: "target.creationPolicy: this stand-in knows Owner"},
		"rewrite":              {from: "{regexp: {source: \".*\", target: master}}", to: "{transform: {template: a}}", says: "rewrite: this stand-in knows regexp"},
		"generator":            {from: "sourceRef: {storeRef: {kind: ClusterSecretStore, name: parameter-store}}", to: "sourceRef: {generatorRef: {kind: Password, name: a}}", says: "no generators"},
		"version":              {from: "property: port", to: "property: port, version: '3'", says: "remoteRef: this stand-in knows key and property"},
		"taken": {
			from: "apiVersion: v1\nkind: Namespace", to: "apiVersion: v1\nkind: Secret\n" +
				"metadata: {name: database, namespace: api, ownerReferences: [{apiVersion: a/v1, kind: Other, name: o, uid: o-1, controller: true}]}\n" +
				"---\napiVersion: v1\nkind: Namespace",
			says: "target is owned by Other o",
		},
	} {
		b := newBench(t, replaced(t, databases(), tc.fromHub, tc.toHub),
			controller("external-secrets", "external-secrets")+replaced(t, secretStores+databaseSecret, tc.from, tc.to))
		b.Once(t.Context())
		b.Once(t.Context())
		if len(tc.says) > 0 && len(b.Problems()) != 1 {
			t.Errorf("%s: problems are %q", name, b.Problems())
		}
		says(t, name, b.Problems(), tc.says)
		es, err := b.Dynamic.Resource(secretsAPI("externalsecrets")).Namespace("api").Get(t.Context(), "database", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		status, message := field.Condition(es.Object, "Ready")
		secret, err := b.Client.CoreV1().Secrets("api").Get(t.Context(), "database", metav1.GetOptions{})
		if tc.says != "" {
			if status != "False" || !strings.HasPrefix(message, "SecretSyncedError ") || !strings.Contains(message, tc.says) {
				t.Errorf("%s: Ready=%s: %s", name, status, message)
			}
			if err == nil && len(secret.Data) > 0 {
				t.Errorf("%s: the Secret is there: %v", name, secret.Data)
			}
			continue
		}
		if err != nil || status != "True" || message != "SecretSynced secret synced" || field.Text(es.Object, "status", "binding", "name") != "database" {
			t.Fatalf("%s: Ready=%s: %s, %v", name, status, message, err)
		}
		keys := []string{"DATABASE_HOST", "DATABASE_PASSWORD", "DATABASE_PORT", "DATABASE_USER"}
		if got := slices.Sorted(maps.Keys(secret.Data)); !slices.Equal(got, keys) || secret.Type != corev1.SecretTypeOpaque || !metav1.IsControlledBy(secret, es) {
			t.Errorf("%s: Secret is %+v", name, secret)
		}
		if string(secret.Data["DATABASE_PORT"]) != "5432" || string(secret.Data["DATABASE_USER"]) != "app" ||
			!strings.HasPrefix(string(secret.Data["DATABASE_PASSWORD"]), "invented-") {
			t.Errorf("%s: data is %s", name, secret.Data)
		}
	}
}

// TestExternalSecretNamed takes a password that has a name, and a parameter whose value is in a Secret of the hub.
func TestExternalSecretNamed(t *testing.T) {
	t.Parallel()
	hub := replaced(t, databases(), `insecureValue: '{"host": "db.example.org", "port": 5432, "reader": {"host": "ro.example.org"}}'`,
		"valueSecretRef: {namespace: env-dev, name: database, key: value}") + `
apiVersion: v1
kind: Secret
metadata: {name: database, namespace: env-dev}
data: {value: eyJob3N0IjogImRiIiwgInBvcnQiOiAxfQ==}
`
	text := databaseSecret[:strings.Index(databaseSecret, "  dataFrom:")] + `
  - {secretKey: master, remoteRef: {key: acme-dev-database}}
  target: {template: {data: {HOST: "{{ .host }}", PASSWORD: "{{ .master }}"}}}
`
	b := newBench(t, hub, controller("external-secrets", "external-secrets")+secretStores+text)
	b.Once(t.Context())
	says(t, "named", b.Problems(), "")
	secret, err := b.Client.CoreV1().Secrets("api").Get(t.Context(), "database", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if string(secret.Data["HOST"]) != "db" || !strings.HasPrefix(string(secret.Data["PASSWORD"]), "invented-") {
		t.Errorf("data is %s", secret.Data)
	}
	// Somebody changes it: it is brought back, with the same password.
	password := secret.Data["PASSWORD"]
	secret.Data = nil
	if _, err := b.Client.CoreV1().Secrets("api").Update(t.Context(), secret, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	b.Once(t.Context())
	if secret, err = b.Client.CoreV1().Secrets("api").Get(t.Context(), "database", metav1.GetOptions{}); err != nil || string(secret.Data["PASSWORD"]) != string(password) {
		t.Errorf("data is %s, %v", secret.Data, err)
	}
}

func TestStores(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ from, to, status, message string }{
		"good":       {"", "", "True", "Valid store validated"},
		"service":    {"service: ParameterStore", "service: S3", "False", `InvalidProviderConfig spec.provider.aws.service: found "S3"`},
		"no region":  {", region: eu-west-1", "", "False", "InvalidProviderConfig spec.provider.aws.region is missing"},
		"a role":     {"service: ParameterStore", "service: ParameterStore, role: arn", "False", "InvalidProviderConfig spec.provider.aws.role"},
		"other":      {"{aws:", "{gcp:", "False", "InvalidProviderConfig spec.provider: this stand-in knows aws"},
		"not rights": {"", "", "False", "ValidationFailed unable to validate store: external-secrets has no credentials of AWS: no Pod Identity"},
	} {
		b := newBench(t, "", controller("external-secrets", "external-secrets")+replaced(t, secretStores, tc.from, tc.to))
		if name == "not rights" {
			b.missing = []string{"external-secrets/external-secrets"}
		}
		b.Once(t.Context())
		u, err := b.Dynamic.Resource(secretsAPI("clustersecretstores")).Get(t.Context(), "parameter-store", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if status, message := field.Condition(u.Object, "Ready"); status != tc.status || !strings.HasPrefix(message, tc.message) {
			t.Errorf("%s: Ready=%s: %s", name, status, message)
		}
	}
	b := newBench(t, "", secretStores+databaseSecret)
	b.Once(t.Context())
	if got := strings.Join(b.Problems(), "\n"); got != "ClusterSecretStores wait: no pod of external-secrets is available\n"+
		"ExternalSecrets wait: no pod of external-secrets is available" {
		t.Errorf("without the operator: %s", got)
	}
}

// TestConditions opens a store for namespaces by their names.
func TestConditions(t *testing.T) {
	t.Parallel()
	for conditions, ok := range map[string]bool{
		"[]": true, "[{namespaces: [api]}]": true, "[{namespaces: [web]}]": false, "[{namespaceRegexes: ['^a']}]": true,
		"[{namespaceRegexes: ['^w']}]": false, "[{namespaces: [web]}, {namespaceSelector: {matchLabels: {genops.dev/database: 'true'}}}]": true,
		"[{namespaceSelector: {matchLabels: {genops.dev/database: 'false'}}}]": false,
	} {
		b := newBench(t, "", secretStores)
		u := manifests(t, "apiVersion: a/v1\nkind: ClusterSecretStore\nspec: {conditions: "+conditions+"}")[0]
		if err := b.allowed(t.Context(), u, "api"); (err == nil) != ok {
			t.Errorf("%s: %v", conditions, err)
		}
	}
}

func TestRewritten(t *testing.T) {
	t.Parallel()
	got, err := rewritten(map[string]string{"rds!cluster/1": "a"}, nil)
	if err != nil || got["rds_cluster_1"] != "a" {
		t.Errorf("without a rule: %v, %v", got, err)
	}
	all := []rewrite{{Regexp: &struct {
		Source string `json:"source"`
		Target string `json:"target"`
	}{".*", "master"}}}
	if got, err = rewritten(map[string]string{"rds!a": "a"}, all); err != nil || got["master"] != "a" {
		t.Errorf("one secret: %v, %v", got, err)
	}
	if _, err = rewritten(map[string]string{"rds!a": "a", "rds!b": "b"}, all); err == nil || err.Error() != "rewrite: 2 secrets were found, and two of them become master" {
		t.Errorf("two secrets: %v", err)
	}
}
