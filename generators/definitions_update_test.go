package generators_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/innovate-inc/genops/compositions"
)

// TestDefinitionsRefuseChangesThatAWSCannotMake changes one field of a claim that exists. The message says why: it is what people see.
func TestDefinitionsRefuseChangesThatAWSCannotMake(t *testing.T) {
	t.Parallel()
	subnet := func(zone, cidr string) any { return map[string]any{"zone": zone, "cidr": cidr} }
	two := []any{subnet("eu-west-1a", "10.40.0.0/19"), subnet("eu-west-1b", "10.40.32.0/19")}
	cases := map[string]struct {
		reason   string
		kind     string
		from, to func(map[string]any)
		want     []string
	}{
		"range of the VPC": {
			"AWS would make another VPC", "Network", set("10.40.0.0/16", "cidr"), set("10.41.0.0/16", "cidr"),
			[]string{`spec.cidr: Invalid value: "10.41.0.0/16": cidr cannot change`},
		},
		"range of a subnet": {
			"AWS would make another subnet", "Network",
			set(two, "subnets", "privateApp"), set([]any{two[0], subnet("eu-west-1b", "10.40.64.0/19")}, "subnets", "privateApp"),
			[]string{`spec.subnets.privateApp[1].cidr: Invalid value: "10.40.64.0/19": cidr cannot change`},
		},
		"one zone more": {
			"what is there stays", "Network", set(two, "subnets", "privateApp"),
			set([]any{two[0], two[1], subnet("eu-west-1c", "10.40.64.0/19")}, "subnets", "privateApp"), nil,
		},
		"a zone in front": {
			"zones are told apart by name, not by place", "Network", set(two, "subnets", "privateApp"),
			set([]any{subnet("eu-west-1c", "10.40.64.0/19"), two[0], two[1]}, "subnets", "privateApp"), nil,
		},
		"data tier added":    {"an empty tier may fill", "Network", set([]any{}, "subnets", "privateData"), set(two, "subnets", "privateData"), nil},
		"NAT gateways":       {"they can be added and removed", "Network", set("single", "natGateways"), set("perZone", "natGateways"), nil},
		"account":            {"everything would be made again elsewhere", "Network", set("111122223333", "account"), set("222233334444", "account"), []string{`spec.account: Invalid value: "222233334444": account cannot change`}},
		"region":             {"everything would be made again elsewhere", "Cluster", set("eu-west-1", "region"), set("eu-west-2", "region"), []string{`spec.region: Invalid value: "eu-west-2": region cannot change`}},
		"project":            {"names start with it", "Cluster", set("acme", "project"), set("other", "project"), []string{`spec.project: Invalid value: "other": project cannot change`}},
		"environment":        {"names start with it", "Cluster", set("prod", "environment"), set("live", "environment"), []string{`spec.environment: Invalid value: "live": environment cannot change`}},
		"stage":              {"an environment may become more than it was", "Cluster", set("staging", "stage"), set("prod", "stage"), nil},
		"tags":               {"tags are for changing", "Cluster", set("a", "tags", "team"), set("b", "tags", "team"), nil},
		"name of a cluster":  {"EKS has no renaming", "Cluster", set("a", "name"), set("b", "name"), []string{`spec.name: Invalid value: "b": name cannot change`}},
		"service range":      {"EKS cannot change it", "Cluster", set("172.20.0.0/16", "serviceCIDR"), set("10.100.0.0/16", "serviceCIDR"), []string{`spec.serviceCIDR: Invalid value: "10.100.0.0/16": serviceCIDR cannot change`}},
		"encryption off":     {"EKS never decrypts again", "Cluster", set(true, "secretsEncryption"), set(false, "secretsEncryption"), []string{`spec.secretsEncryption: Invalid value: false: secretsEncryption can be turned on but never off`}},
		"encryption on":      {"it may be enabled later", "Cluster", set(false, "secretsEncryption"), set(true, "secretsEncryption"), nil},
		"encryption stays":   {"no change is no problem", "Cluster", set(false, "secretsEncryption"), set(false, "secretsEncryption"), nil},
		"domain of an edge":  {"Route 53 has no renaming", "Edge", set("a.example", "domain"), set("b.example", "domain"), []string{`spec.domain: Invalid value: "b.example": domain cannot change`}},
		"version up":         {"an upgrade", "Cluster", set("1.34", "version"), set("1.35", "version"), nil},
		"name of a database": {"RDS would make another cluster", "Database", set("app", "name"), set("orders", "name"), []string{`spec.name: Invalid value: "orders": name cannot change`}},
		"master user":        {"RDS would make another cluster", "Database", set("dbadmin", "masterUsername"), set("root", "masterUsername"), []string{`spec.masterUsername: Invalid value: "root": masterUsername cannot change`}},
		"region of a copy":   {"RDS would make another cluster", "Database", set("eu-central-1", "replica", "region"), set("eu-west-2", "replica", "region"), []string{`spec.replica.region: Invalid value: "eu-west-2": region cannot change`}},
		"half an ACU":        {"capacity is for changing", "Database", set(float64(8), "minCapacityACU"), set(0.5, "minCapacityACU"), nil},
		"major version":      {"an upgrade", "Database", set("16", "version"), set("17", "version"), nil},
		"Identity Center":    {"AWS would make all permission sets again", "Organization", set("d-0123456789", "identityCenter", "identityStore"), set("d-aaaaaaaaaa", "identityCenter", "identityStore"), []string{`spec.identityCenter.identityStore: Invalid value: "d-aaaaaaaaaa": identityStore cannot change`}},
		"system nodes":       {"other instances take their place", "Cluster", set("arm64", "systemNodes", "architecture"), set("amd64", "systemNodes", "architecture"), nil},
	}
	of := map[string]judges{"Network": newJudges(t, "Network"), "Cluster": newJudges(t, "Cluster"), "Edge": newJudges(t, "Edge"), "Database": newJudges(t, "Database"), "Organization": newJudges(t, "Organization")}
	for name, tc := range cases {
		before := full(t, tc.kind)
		tc.from(before)
		after := runtime.DeepCopyJSON(before)
		tc.to(after)
		if said := of[tc.kind].definition.Validate(t.Context(), after); len(said) > 0 {
			t.Errorf("%s: the new claim is wrong by itself, so nothing is proved: %v", name, said)
		}
		if diff := cmp.Diff(tc.want, of[tc.kind].definition.ValidateUpdate(t.Context(), after, before)); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", name, tc.reason, diff)
		}
	}
}

// crd is the CustomResourceDefinition that Crossplane makes of a definition: for the composite, or for its claim. Crossplane puts its own
// fields beside those of the schema, and a status (crossplane: internal/xcrd).
func crd(t *testing.T, object map[string]any, props *extv1.JSONSchemaProps, names string) *extv1.CustomResourceDefinition {
	t.Helper()
	definition := &extv1.CustomResourceDefinition{}
	data, err := json.Marshal(field(object, "spec", names))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &definition.Spec.Names); err != nil {
		t.Fatal(err)
	}
	definition.Spec.Group = text(object, "spec", "group")
	definition.Name = definition.Spec.Names.Plural + "." + definition.Spec.Group
	definition.Spec.Scope = extv1.ClusterScoped
	if names == "claimNames" || field(object, "spec", "scope") == "Namespaced" {
		definition.Spec.Scope = extv1.NamespaceScoped
	}
	props = props.DeepCopy()
	spec := props.Properties["spec"]
	for _, name := range compositions.Machinery() {
		if _, taken := spec.Properties[name]; taken {
			t.Errorf("%s: Crossplane has a field of its own called %s", definition.Name, name)
		}
		spec.Properties[name] = extv1.JSONSchemaProps{Type: "object", Properties: map[string]extv1.JSONSchemaProps{"name": {Type: "string"}}}
	}
	props.Properties["spec"] = spec
	props.Properties["apiVersion"] = extv1.JSONSchemaProps{Type: "string"}
	props.Properties["kind"] = extv1.JSONSchemaProps{Type: "string"}
	longest := int64(63)
	props.Properties["metadata"] = extv1.JSONSchemaProps{Type: "object", Properties: map[string]extv1.JSONSchemaProps{"name": {Type: "string", MaxLength: &longest}}}
	for _, name := range []string{"conditions", "connectionDetails", "claimConditionTypes", "crossplane"} {
		if _, taken := props.Properties["status"].Properties[name]; taken {
			t.Errorf("%s: Crossplane has a field of its own called %s in the status", definition.Name, name)
		}
	}
	props.Properties["status"].Properties["conditions"] = extv1.JSONSchemaProps{
		Type: "array", Items: &extv1.JSONSchemaPropsOrArray{Schema: &extv1.JSONSchemaProps{Type: "object", Properties: map[string]extv1.JSONSchemaProps{"type": {Type: "string"}}}},
	}
	var versions []extv1.CustomResourceDefinitionVersion
	data, err = json.Marshal(field(object, "spec", "versions"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &versions); err != nil {
		t.Fatal(err)
	}
	for i := range versions {
		versions[i].Storage = true
		versions[i].Schema = &extv1.CustomResourceValidation{OpenAPIV3Schema: props}
		versions[i].Subresources = &extv1.CustomResourceSubresources{Status: &extv1.CustomResourceSubresourceStatus{}}
	}
	definition.Spec.Versions = versions
	definition.Status.StoredVersions = []string{versions[0].Name}
	return definition
}

// accepts is what the API server has against a CustomResourceDefinition, the cost of its rules included.
func accepts(t *testing.T, definition *extv1.CustomResourceDefinition) []string {
	t.Helper()
	definition = definition.DeepCopy()
	extv1.SetDefaults_CustomResourceDefinition(definition)
	extv1.SetDefaults_CustomResourceDefinitionSpec(&definition.Spec)
	internal := &apiextensions.CustomResourceDefinition{}
	if err := extv1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(definition, internal, nil); err != nil {
		t.Fatal(err)
	}
	internal.Status.Conditions = nil
	var messages []string
	for _, e := range validation.ValidateCustomResourceDefinition(t.Context(), internal) {
		messages = append(messages, e.Error())
	}
	return messages
}

// TestTheAPIServerAcceptsTheDefinitions runs what the API server runs when Crossplane hands it the CustomResourceDefinitions.
func TestTheAPIServerAcceptsTheDefinitions(t *testing.T) {
	t.Parallel()
	objects := all(t, repository(t))
	for _, kind := range kinds {
		object := find(t, objects, definitionPath(kind))
		props := definitionSchema(t, objects, kind)
		claim, composite, apiVersion, scope, both := kind, "X"+kind, "apiextensions.crossplane.io/v1", "", []string{"names", "claimNames"}
		if kind == "ClusterRegistration" {
			claim, composite, apiVersion, scope, both = "", kind, "apiextensions.crossplane.io/v2", "Namespaced", []string{"names"}
		}
		for _, names := range both {
			if said := accepts(t, crd(t, object, props, names)); len(said) > 0 {
				t.Errorf("%s, %s: %v", kind, names, said)
			}
		}
		plural, kindName := text(object, "spec", "names", "plural"), text(object, "spec", "names", "kind")
		if name := text(object, "metadata", "name"); name != plural+"."+text(object, "spec", "group") || kindName != composite || text(object, "spec", "claimNames", "kind") != claim {
			t.Errorf("%s is called %s, its composite %s", kind, name, kindName)
		}
		if text(object, "apiVersion") != apiVersion || text(object, "spec", "scope") != scope {
			t.Errorf("%s: claims exist only in v1 with scope LegacyCluster, namespaced composites only in v2: this is %v with scope %v", kind, object["apiVersion"], field(object, "spec", "scope"))
		}
	}
}

// TestTheAPIServerRefusesBadDefinitions shows that the judge above finds what Crossplane would stumble over.
func TestTheAPIServerRefusesBadDefinitions(t *testing.T) {
	t.Parallel()
	objects := all(t, repository(t))
	object := find(t, objects, "bootstrap/definitions/xnetworks.yaml")
	cases := map[string]struct {
		reason string
		change func(spec *extv1.JSONSchemaProps)
		want   string
	}{
		"cost": {
			"a rule over lists without a limit is too dear", func(spec *extv1.JSONSchemaProps) {
				spec.Properties["lists"] = extv1.JSONSchemaProps{
					Type:         "array",
					Items:        &extv1.JSONSchemaPropsOrArray{Schema: &extv1.JSONSchemaProps{Type: "array", Items: &extv1.JSONSchemaPropsOrArray{Schema: &extv1.JSONSchemaProps{Type: "string"}}}},
					XValidations: extv1.ValidationRules{{Rule: "self.all(a, self.all(b, a.all(x, b.all(y, x == y))))"}},
				}
			}, "estimated rule cost exceeds budget",
		},
		"rule": {
			"a rule that does not compile", func(spec *extv1.JSONSchemaProps) {
				cidr := spec.Properties["cidr"]
				cidr.XValidations = extv1.ValidationRules{{Rule: "self.length() > 2"}}
				spec.Properties["cidr"] = cidr
			}, "undeclared reference to 'length'",
		},
		"transition": {
			"what was in a list cannot be told from its place", func(spec *extv1.JSONSchemaProps) {
				subnets := spec.Properties["subnets"]
				public := subnets.Properties["public"]
				public.XListType, public.XListMapKeys = nil, nil
				subnets.Properties["public"] = public
				spec.Properties["subnets"] = subnets
			}, "oldSelf cannot be used on the uncorrelatable portion of the schema",
		},
		"pattern": {
			"a pattern that does not compile", func(spec *extv1.JSONSchemaProps) {
				cidr := spec.Properties["cidr"]
				cidr.Pattern = "("
				spec.Properties["cidr"] = cidr
			}, "missing closing )",
		},
	}
	for name, tc := range cases {
		definition := crd(t, object, definitionSchema(t, objects, "Network"), "names")
		spec := definition.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"]
		tc.change(&spec)
		definition.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"] = spec
		if said := accepts(t, definition); !slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, tc.want) }) {
			t.Errorf("%s: %s: got %q, want one with %q", name, tc.reason, said, tc.want)
		}
	}
}
