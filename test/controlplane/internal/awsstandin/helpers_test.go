package awsstandin

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	dynamicfake "k8s.io/client-go/dynamic/fake"
	"sigs.k8s.io/yaml"
)

const (
	account = "111122223333"
	region  = "eu-west-1"
)

// hub is a cluster in memory with a stand-in that runs.
type hub struct {
	*Standin

	t      *testing.T
	client *dynamicfake.FakeDynamicClient
	cancel context.CancelFunc
	done   chan error
}

func resourceOf(full, version string) schema.GroupVersionResource {
	group, name, _ := strings.Cut(full, "/")
	return schema.GroupVersionResource{Group: group, Version: version, Resource: strings.ToLower(name) + "s"}
}

// start runs a stand-in for a few objects.
func start(t *testing.T, options Options, objects ...fields) *hub {
	t.Helper()
	return startLate(t, options, func(string) bool { return true }, objects...)
}

// startLate does the same where groups are served only from some time on.
func startLate(t *testing.T, options Options, installed func(groupVersion string) bool, objects ...fields) *hub {
	t.Helper()
	lists := map[schema.GroupVersionResource]string{resourceOf(kindProviderConfig, v1beta1): "ProviderConfigList"}
	served := map[string][]metav1.APIResource{"aws.upbound.io/v1beta1": {{Name: "providerconfigs", Kind: "ProviderConfig"}}}
	for full, k := range table() {
		gvr := resourceOf(full, k.version)
		lists[gvr] = k.name + "List"
		gv := gvr.GroupVersion().String()
		served[gv] = append(served[gv], metav1.APIResource{Name: gvr.Resource, Kind: k.name}, metav1.APIResource{Name: gvr.Resource + "/status", Kind: k.name})
	}
	h := &hub{t: t, client: dynamicfake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), lists), done: make(chan error, 1)}
	if options.Log == nil {
		options.Log = t.Logf
	}
	h.Standin = with(options, h.client, func(gv string) (*metav1.APIResourceList, error) {
		if len(served[gv]) == 0 || !installed(gv) {
			return nil, apierrors.NewNotFound(schema.GroupResource{}, gv)
		}
		return &metav1.APIResourceList{GroupVersion: gv, APIResources: served[gv]}, nil
	})
	h.create(providerConfig("app", account))
	ctx, cancel := context.WithCancel(t.Context())
	h.cancel = cancel
	go func() { h.done <- h.Run(ctx) }()
	t.Cleanup(h.stop)
	kinds := 0
	for gv, resources := range served {
		if installed(gv) {
			kinds += len(resources) / 2 // Each has a status, but for the ProviderConfig.
		}
	}
	h.watched(kinds + 1)
	for _, object := range objects {
		h.create(object)
	}
	return h
}

// watched waits until a number of kinds is watched: the client in memory, unlike a server, loses what happens between a list and its watch.
func (h *hub) watched(kinds int) {
	h.t.Helper()
	for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		watches := 0
		for _, action := range h.client.Actions() {
			if action.GetVerb() == "watch" {
				watches++
			}
		}
		if watches >= kinds {
			time.Sleep(50 * time.Millisecond) // The action is noted before the watch is there.
			return
		}
	}
	h.t.Fatalf("%d kinds are not watched", kinds)
}

func (h *hub) stop() {
	h.cancel()
	select {
	case err := <-h.done:
		h.done <- err
		if err != nil {
			h.t.Errorf("run: %v", err)
		}
	case <-time.After(5 * time.Second):
		h.t.Error("the stand-in does not stop")
	}
}

func kindOf(object fields) string {
	group, _, _ := strings.Cut(text(object, "apiVersion"), "/")
	return group + "/" + text(object, "kind")
}

func (h *hub) resource(kind string) schema.GroupVersionResource {
	version := v1beta1
	if k, known := h.kinds[kind]; known {
		version = k.version
	}
	return resourceOf(kind, version)
}

func (h *hub) create(object fields) {
	h.t.Helper()
	u := &unstructured.Unstructured{Object: clone(object)}
	u.SetUID(types.UID("uid-" + u.GetName()))
	if _, err := h.client.Resource(h.resource(kindOf(object))).Create(context.Background(), u, metav1.CreateOptions{}); err != nil {
		h.t.Fatalf("create %s: %v", u.GetName(), err)
	}
}

func (h *hub) get(kind, name string) fields {
	h.t.Helper()
	object, err := h.client.Resource(h.resource(kind)).Get(context.Background(), name, metav1.GetOptions{})
	if err != nil {
		h.t.Fatalf("get %s %s: %v", kind, name, err)
	}
	return object.Object
}

// change edits an object as a person would.
func (h *hub) change(kind, name string, edit func(fields)) {
	h.t.Helper()
	object := clone(h.get(kind, name))
	edit(object)
	if _, err := h.client.Resource(h.resource(kind)).Update(context.Background(), &unstructured.Unstructured{Object: object}, metav1.UpdateOptions{}); err != nil {
		h.t.Fatalf("update %s %s: %v", kind, name, err)
	}
}

// eventually waits until a condition holds for an object.
func (h *hub) eventually(kind, name, what string, holds func(fields) bool) fields {
	h.t.Helper()
	var object fields
	for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if object = h.get(kind, name); holds(object) {
			return object
		}
	}
	h.t.Errorf("%s %s: not %s: %v", kind, name, what, object)
	for _, kind := range h.watchedKinds() {
		for _, other := range h.all(kind) {
			if !ready(other) {
				h.t.Logf("%s %s: %s", kind, text(other, "metadata", "name"), syncedMessage(other))
			}
		}
	}
	h.t.FailNow()
	return nil
}

func (h *hub) ready(kind, name string) fields {
	h.t.Helper()
	return h.eventually(kind, name, "ready", ready)
}

// refused waits for the message of a refusal.
func (h *hub) refused(kind, name, message string) {
	h.t.Helper()
	h.eventually(kind, name, "refused with "+message, func(object fields) bool { return strings.Contains(syncedMessage(object), message) })
}

func syncedMessage(object fields) string {
	conditions, _ := at(object, "status", "conditions").([]any)
	for _, c := range conditions {
		if text(c, "type") == "Synced" && text(c, "status") == "False" {
			return text(c, "message")
		}
	}
	return ""
}

func providerConfig(name, account string) fields {
	return parse(`
apiVersion: aws.upbound.io/v1beta1
kind: ProviderConfig
metadata: {name: ` + name + `}
spec:
  credentials: {source: PodIdentity}
  assumeRoleChain: [{roleARN: "arn:aws:iam::` + account + `:role/provisioner"}]
`)
}

// managed is a managed resource with the policies of the compositions.
func managed(full, name, forProvider string) fields {
	k := table()[full]
	object := parse(fmt.Sprintf(`
apiVersion: %s/%s
kind: %s
metadata: {name: %s}
spec:
  providerConfigRef: {name: app}
  managementPolicies: [Observe, Create, Update, Delete, LateInitialize]
`, k.group, k.version, k.name, name))
	params := parse(forProvider)
	if !k.global() && params["region"] == nil {
		params["region"] = region
	}
	object["spec"].(fields)["forProvider"] = params
	return object
}

// named adds an external-name.
func named(object fields, name string) fields {
	object["metadata"].(fields)["annotations"] = fields{annotationExternalName: name}
	return object
}

// parse reads YAML that a test has written.
func parse(source string) fields {
	data, err := yaml.YAMLToJSON([]byte(source))
	if err != nil {
		panic(err)
	}
	u := &unstructured.Unstructured{}
	if err := u.UnmarshalJSON(data); err == nil {
		return u.Object
	}
	object := fields{}
	if err := yaml.Unmarshal([]byte(source), &object); err != nil {
		panic(err)
	}
	return whole(object).(fields)
}

// whole makes whole numbers of those without a fraction, as a client of Kubernetes reads them.
func whole(value any) any {
	switch value := value.(type) {
	case float64:
		return int64(value)
	case fields:
		for name, inner := range value {
			value[name] = whole(inner)
		}
	case []any:
		for i, inner := range value {
			value[i] = whole(inner)
		}
	}
	return value
}
