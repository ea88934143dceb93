package generators_test

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/generators"
	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/schema"
)

var update = flag.Bool("update", false, "rewrite golden files")

// platform is the platform of the tests, with more lines in it.
func platform(t *testing.T, lines string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "schema", "testdata", "platform.cue"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\nplatform: {\n" + lines + "\n}\n"
}

// defaults are what the environments of the tests have in common.
const defaults = `package environments

import "github.com/innovate-inc/genops/schema"

environment: schema.#Environment & {
	region:     *"eu-west-1" | _
	project:    *"acme" | _
	owner:      *"team" | _
	costCenter: *"cc-1" | _
}
`

// planned, among the lines of an environment, leaves it without an account.
const planned = "// planned"

// load loads environments from their lines. platformLines name at least the order.
func load(t *testing.T, platformLines string, environments map[string]string) *schema.Config {
	t.Helper()
	fsys := fstest.MapFS{
		"environments/platform.cue": {Data: []byte(platform(t, platformLines))},
		"environments/defaults.cue": {Data: []byte(defaults)},
	}
	for name, lines := range environments {
		if !strings.Contains(lines, planned) && !strings.Contains(lines, "account:") {
			lines += "\n\taccount: \"111122223333\""
		}
		fsys["environments/"+name+"/environment.cue"] = &fstest.MapFile{Data: []byte("package environments\n\nenvironment: {\n" + lines + "\n}\n")}
	}
	return loadFS(t, fsys)
}

func loadFS(t *testing.T, fsys fs.FS) *schema.Config {
	t.Helper()
	config, err := schema.Load(t.Context(), fsys, "")
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// repository loads the environments of this repository.
func repository(t *testing.T) *schema.Config {
	t.Helper()
	return loadFS(t, os.DirFS(".."))
}

// all generates everything: the platform's objects, then each environment's.
func all(t *testing.T, config *schema.Config) []manifest.Object {
	t.Helper()
	objects, err := generators.Platform(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range config.Environments {
		made, err := generators.Environment(config, e)
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, made...)
	}
	return objects
}

// manifests are the objects without the files that are none.
func manifests(objects []manifest.Object) []manifest.Object {
	return slices.DeleteFunc(slices.Clone(objects), func(o manifest.Object) bool { return o.Raw != nil })
}

// page writes objects one after the other, each under its path.
func page(t *testing.T, objects []manifest.Object) string {
	t.Helper()
	var b bytes.Buffer
	for _, object := range objects {
		if object.Raw != nil {
			fmt.Fprintf(&b, "---\n# %s\n%s", object.Path, object.Raw)
			continue
		}
		content, err := manifest.Encode(object.Path, object.Object)
		if err != nil {
			t.Fatalf("%s: %v", object.Path, err)
		}
		fmt.Fprintf(&b, "---\n%s", content)
	}
	return b.String()
}

// below are the objects whose paths start with one of the prefixes.
func below(objects []manifest.Object, prefixes ...string) []manifest.Object {
	var found []manifest.Object
	for _, object := range objects {
		for _, prefix := range prefixes {
			if strings.HasPrefix(object.Path, prefix) {
				found = append(found, object)
				break
			}
		}
	}
	return found
}

// find is the object at a path.
func find(t *testing.T, objects []manifest.Object, path string) map[string]any {
	t.Helper()
	for _, object := range objects {
		if object.Path == path {
			return object.Object
		}
	}
	t.Fatalf("there is no %s", path)
	return nil
}

// field is a value inside an object, nil if there is none.
func field(object any, path ...string) any {
	for _, name := range path {
		fields, ok := object.(map[string]any)
		if !ok {
			return nil
		}
		object = fields[name]
	}
	return object
}

// text is a string inside an object, empty if there is none.
func text(object any, path ...string) string {
	s, _ := field(object, path...).(string)
	return s
}

// golden compares got with a file below testdata/golden, or writes the file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name+".yaml")
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got), rewrite with -update if this is meant:\n%s", file, diff)
	}
}

// organizationLines are an environment of the management account with all that an organization has.
const organizationLines = "\tstage: \"shared\"\n\taccount: \"999900000001\"\n\tadopt: organization: organization: \"o-a1b2c3d4e5\"\n" +
	"\torganization: {\n\t\tserviceAccess: [\"sso.amazonaws.com\", \"guardduty.amazonaws.com\"], policyTypes: [\"SERVICE_CONTROL_POLICY\"]\n" +
	"\t\taccountEmail: \"aws+*@acme.example\", rootPolicies: [\"deny-leaving\"]\n" +
	"\t\tunits: {Workloads: policies: [\"region-allow-list\", \"own\"], \"Workloads/All\": accounts: [\"dev\", \"prod\", \"sandbox\"]}\n" +
	"\t\taccounts: {sandbox: {}, dev: email: \"dev@acme.example\"}\n" +
	"\t\tpolicies: own: statements: [{sid: \"A\", actions: [\"savingsplans:*\"]}]\n" +
	"\t\tdelegatedAdministrators: prod: services: [\"guardduty.amazonaws.com\"]\n" +
	"\t\tidentityCenter: {\n\t\t\tinstanceARN: \"arn:aws:sso:::instance/ssoins-0123456789abcdef\", identityStore: \"d-0123456789\", region: \"eu-west-1\"\n" +
	"\t\t\tgroups: {admins: id: \"906750b5-0aaf-4c5b-a7a3-0123456789ab\", developers: displayName: \"Developers\"}\n" +
	"\t\t\tpermissionSets: Admin: {managedPolicies: [\"AdministratorAccess\"], statements: [{sid: \"Keys\", effect: \"Deny\", actions: [\"kms:ScheduleKeyDeletion\"], resources: [\"*\"], reason: \"A denial.\"}]}\n" +
	"\t\t\tassignments: [{group: \"admins\", permissionSet: \"Admin\", accounts: [\"prod\", \"dev\"]}]\n\t\t}\n\t}"
