package generators_test

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"

	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/schema"
)

const observed = "\n\tobservability: {}\n\tservices: {api: workload: {image: {address: \"ghcr.io/acme/api\", tag: \"v1\"}, metrics: {}}, web: {}}"

// installed is an add-on: where it goes, and with which values.
func installed(t *testing.T, objects []manifest.Object, name string) (namespace string, values map[string]any) {
	t.Helper()
	set := find(t, objects, "bootstrap/argocd/applicationset-"+name+".yaml")
	if err := yaml.Unmarshal([]byte(text(set, "spec", "template", "spec", "source", "helm", "values")), &values); err != nil {
		t.Fatal(err)
	}
	return text(set, "spec", "template", "spec", "destination", "namespace"), values
}

// TestSendersHaveTheNamesThatRolesTrust holds add-ons to the ServiceAccounts that the Observability claim gives rights to, and others away from them.
func TestSendersHaveTheNamesThatRolesTrust(t *testing.T) {
	t.Parallel()
	objects := all(t, load(t, "\torder: [\"app\"]", map[string]string{"app": devLines + observed}))
	want := map[string]string{
		"aws-for-fluent-bit": schema.NamespaceLogging + "/" + schema.ServiceAccountFluentBit,
		"otel-gateway":       schema.NamespaceTelemetry + "/" + schema.ServiceAccountCollector,
		"otel-scraper":       schema.NamespaceTelemetry + "/otel-scraper",
	}
	got := map[string]string{}
	for name := range want {
		namespace, values := installed(t, objects, name)
		got[name] = namespace + "/" + text(values, "serviceAccount", "name")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestCollectorsAreWhole holds that pipelines name what is configured, that all that is configured is used, and that nothing is kept without a limit.
func TestCollectorsAreWhole(t *testing.T) {
	t.Parallel()
	objects := all(t, load(t, "\torder: [\"app\"]", map[string]string{"app": devLines}))
	for _, name := range []string{"otel-gateway", "otel-scraper"} {
		_, values := installed(t, objects, name)
		config, _ := values["alternateConfig"].(map[string]any)
		used := map[string]map[string]bool{}
		use := func(section string, names any) {
			list, _ := names.([]any)
			for _, n := range list {
				if used[section] == nil {
					used[section] = map[string]bool{}
				}
				used[section][fmt.Sprint(n)] = true
			}
		}
		use("extensions", field(config, "service", "extensions"))
		pipelines, _ := field(config, "service", "pipelines").(map[string]any)
		for kind, p := range pipelines {
			for _, section := range []string{"receivers", "processors", "exporters"} {
				use(section, field(p, section))
			}
			if diff := cmp.Diff([]any{"memory_limiter", "batch"}, field(p, "processors")); diff != "" {
				t.Errorf("%s: pipeline of %s: the limit comes first (-want +got):\n%s", name, kind, diff)
			}
		}
		for _, section := range []string{"extensions", "receivers", "processors", "exporters"} {
			configured, _ := config[section].(map[string]any)
			if want, got := slices.Sorted(maps.Keys(used[section])), slices.Sorted(maps.Keys(configured)); len(want) == 0 || !slices.Equal(want, got) {
				t.Errorf("%s: %s: used are %q, configured %q", name, section, want, got)
			}
		}
		if text(values, "resources", "limits", "memory") == "" || field(values, "podSecurityContext", "runAsNonRoot") != true {
			t.Errorf("%s has the resources %v and the context %v", name, values["resources"], values["podSecurityContext"])
		}
	}
}

// TestWhatIsSentArrives follows what programs and the scraper send through names, ports and network policies: each is said in two places at least.
func TestWhatIsSentArrives(t *testing.T) {
	t.Parallel()
	objects := all(t, load(t, "\torder: [\"app\"]", map[string]string{"app": devLines + observed}))
	namespace, gateway := installed(t, objects, "otel-gateway")
	_, scraper := installed(t, objects, "otel-scraper")
	host := text(gateway, "fullnameOverride") + "." + namespace + ".svc.cluster.local"
	listens := func(protocol string) string {
		address := text(gateway, "alternateConfig", "receivers", "otlp", "protocols", protocol, "endpoint")
		return address[strings.LastIndex(address, ":")+1:]
	}
	variables := map[string]string{}
	for _, v := range container(t, find(t, objects, "app/cluster/workloads/api/deployment.yaml")).Env {
		variables[v.Name] = v.Value
	}
	if sends, err := url.Parse(variables["OTEL_EXPORTER_OTLP_ENDPOINT"]); err != nil || sends.Host != host+":"+listens("http") {
		t.Errorf("programs send to %v (%v), the gateway is %s:%s", sends, err, host, listens("http"))
	}
	if hands := text(scraper, "alternateConfig", "exporters", "otlp_grpc", "endpoint"); hands != host+":"+listens("grpc") {
		t.Errorf("the scraper hands over to %s, the gateway is %s:%s", hands, host, listens("grpc"))
	}
	ports := func(path string) []string {
		policy := read[networkingv1.NetworkPolicy](t, find(t, objects, path))
		var found []string
		for _, rule := range policy.Spec.Ingress {
			for _, p := range rule.Ports {
				found = append(found, p.Port.String())
			}
		}
		for _, rule := range policy.Spec.Egress {
			for _, p := range rule.Ports {
				found = append(found, p.Port.String())
			}
		}
		return found
	}
	for path, want := range map[string][]string{
		"app/cluster/namespaces/api/networkpolicy-allow-telemetry":         {listens("grpc"), listens("http")},
		"app/cluster/namespaces/web/networkpolicy-allow-telemetry":         {listens("grpc"), listens("http")},
		"app/cluster/telemetry/telemetry/networkpolicy-allow-services":     {listens("grpc"), listens("http")},
		"app/cluster/telemetry/telemetry/networkpolicy-allow-handing-over": {listens("grpc")},
		"app/cluster/telemetry/telemetry/networkpolicy-allow-scraper":      {"8080", "8888"},
		"app/cluster/telemetry/logging/networkpolicy-allow-scraper":        {"2020"},
		"app/cluster/namespaces/api/networkpolicy-allow-scraper":           {"9464"},
	} {
		if got := ports(path + ".yaml"); !slices.Equal(got, want) {
			t.Errorf("%s lets %v through, want %v", path, got, want)
		}
	}
	if len(below(objects, "app/cluster/namespaces/web/networkpolicy-allow-scraper")) > 0 {
		t.Error("a service that shows no metrics can be asked for them")
	}
}

// TestNameOfThePod holds that Kubernetes knows the variable with the pod's name before the one that contains it, and that both can be changed.
func TestNameOfThePod(t *testing.T) {
	t.Parallel()
	lines := strings.Replace(observed, "metrics: {}", "env: OTEL_SERVICE_NAME: \"backend\"", 1)
	env := container(t, find(t, all(t, load(t, "\torder: [\"app\"]", map[string]string{"app": devLines + lines})), "app/cluster/workloads/api/deployment.yaml")).Env
	place := func(name string) int {
		return slices.IndexFunc(env, func(v corev1.EnvVar) bool { return v.Name == name })
	}
	name, attributes := place("OTEL_K8S_POD_NAME"), place("OTEL_RESOURCE_ATTRIBUTES")
	if name < 0 || attributes < name || env[name].ValueFrom == nil || !strings.Contains(env[attributes].Value, "$(OTEL_K8S_POD_NAME)") {
		t.Errorf("variables are %v", env)
	}
	if got := env[place("OTEL_SERVICE_NAME")].Value; got != "backend" {
		t.Errorf("the service's own name is %q", got)
	}
}

// container is the only container of a Deployment.
func container(t *testing.T, deployment map[string]any) corev1.Container {
	t.Helper()
	list, _ := field(deployment, "spec", "template", "spec", "containers").([]any)
	content, err := yaml.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	var containers []corev1.Container
	if err := yaml.Unmarshal(content, &containers); err != nil || len(containers) != 1 {
		t.Fatalf("containers are %v, %v", list, err)
	}
	return containers[0]
}
