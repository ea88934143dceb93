package validate_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/innovate-inc/genops/generators"
	"github.com/innovate-inc/genops/schema"
)

// environment is an environment that uses every domain.
const environment = `package environments

import "github.com/innovate-inc/genops/schema"

platform: order: ["dev"]
environment: schema.#Environment & {
	stage: "dev", account: "111122223333", region: "eu-west-1", project: "acme", owner: "team", costCenter: "cc-1"
	network: cidr: "10.20.0.0/16"
	cluster: {}
	services: api: network: loadBalancer: true
	nodePools: amd64: {
		taints: [{key: "dedicated", effect: "NoSchedule"}]
		labels: team: "a"
		kubelet: maxPods: 58
		disruption: budgets: [{nodes: "0", schedule: "0 8 * * mon-fri", duration: "10h"}, {nodes: "10%"}]
	}
}
`

// rendered are the objects of the environment and of its platform, by path.
func rendered(t *testing.T) map[string]map[string]any {
	t.Helper()
	platform, err := os.ReadFile(filepath.Join("..", "..", "schema", "testdata", "platform.cue"))
	if err != nil {
		t.Fatal(err)
	}
	config, err := schema.Load(context.Background(), fstest.MapFS{
		"environments/platform.cue": {Data: platform}, "environments/dev/environment.cue": {Data: []byte(environment)},
	}, "")
	if err != nil {
		t.Fatal(err)
	}
	objects, err := generators.Environment(config, config.Environments[0])
	if err != nil {
		t.Fatal(err)
	}
	shared, err := generators.Platform(config)
	if err != nil {
		t.Fatal(err)
	}
	byPath := map[string]map[string]any{}
	for _, object := range append(objects, shared...) {
		byPath[object.Path] = object.Object
	}
	return byPath
}

// changed is a copy of an object with one field set; nil removes it. Numbers in the path are places in lists.
func changed(object map[string]any, value any, path ...any) map[string]any {
	object = runtime.DeepCopyJSON(object)
	var around any = object
	for _, step := range path[:len(path)-1] {
		switch step := step.(type) {
		case string:
			around = around.(map[string]any)[step]
		case int:
			around = around.([]any)[step]
		}
	}
	switch last := path[len(path)-1].(type) {
	case string:
		if value == nil {
			delete(around.(map[string]any), last)
		} else {
			around.(map[string]any)[last] = value
		}
	case int:
		around.([]any)[last] = value
	}
	return object
}
