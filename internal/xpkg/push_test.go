package xpkg_test

import (
	"archive/tar"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	pkgmeta "github.com/crossplane/crossplane/apis/v2/pkg/meta/v1"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"sigs.k8s.io/yaml"

	"github.com/innovate-inc/genops/internal/xpkg"
)

// serve starts a registry and returns its host and port.
func serve(t *testing.T, wrap func(http.Handler) http.Handler) string {
	t.Helper()
	handler := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	if wrap != nil {
		handler = wrap(handler)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func reference(t *testing.T, text string) name.Tag {
	t.Helper()
	tag, err := xpkg.ParseReference(text)
	if err != nil {
		t.Fatal(err)
	}
	return tag
}

// TestPush sends the package to a registry and pulls it back the way Crossplane and nodes do.
func TestPush(t *testing.T) {
	t.Parallel()
	to := reference(t, serve(t, nil)+"/platform/genops:v1.2.3")
	pushed := index(t, both(t, t.TempDir()))
	if err := xpkg.Push(t.Context(), to, pushed); err != nil {
		t.Fatal(err)
	}
	found, err := remote.Head(to)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := found.Digest.String(), digest(t, pushed); got != want {
		t.Errorf("digest in the registry is %s, want %s", got, want)
	}
	// Crossplane parses a reference with the digest strictly, and pulls without saying a platform.
	pinned, err := name.ParseReference(to.String()+"@"+digest(t, pushed), name.StrictValidation)
	if err != nil {
		t.Fatal(err)
	}
	crossplanes, err := remote.Image(pinned)
	if err != nil {
		t.Fatal(err)
	}
	checkMeta(t, crossplanes)
	for _, platform := range pushed.Platforms {
		system, arch, _ := strings.Cut(string(platform), "/")
		image, err := remote.Image(pinned, remote.WithPlatform(v1.Platform{OS: system, Architecture: arch}))
		if err != nil {
			t.Fatal(err)
		}
		checkImage(t, image, platform)
	}
	if err := xpkg.Push(t.Context(), to, pushed); err != nil {
		t.Errorf("the second push of the same package: %v", err)
	}
}

// checkImage looks at what a node starts.
func checkImage(t *testing.T, image v1.Image, platform xpkg.Platform) {
	t.Helper()
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if got := config.OS + "/" + config.Architecture; got != string(platform) {
		t.Errorf("platform is %s, want %s", got, platform)
	}
	if diff := cmp.Diff([]string{"/usr/local/bin/genops", "function", "serve"}, config.Config.Entrypoint); diff != "" {
		t.Errorf("entrypoint (-want +got):\n%s", diff)
	}
	if config.Config.User != "65532" || config.Created.Unix() != 0 {
		t.Errorf("user is %q, created is %v", config.Config.User, config.Created)
	}
	if _, ok := config.Config.ExposedPorts["9443/tcp"]; !ok {
		t.Errorf("port 9443 is not exposed: %v", config.Config.ExposedPorts)
	}
	if got := config.Config.Labels["org.opencontainers.image.version"]; got != "v1.2.3" {
		t.Errorf("version is %q", got)
	}
	layers, err := image.Layers()
	if err != nil || len(layers) != 2 || len(config.History) != 2 {
		t.Fatalf("there are %d layers, want 2: %v", len(layers), err)
	}
	want := map[string]string{"usr/": "drwxr-xr-x", "usr/local/": "drwxr-xr-x", "usr/local/bin/": "drwxr-xr-x", "usr/local/bin/genops": "-rwxr-xr-x"}
	if diff := cmp.Diff(want, files(t, layers[0])); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"package.yaml": "-rw-r--r--"}, files(t, layers[1])); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	last, err := layers[1].Digest()
	if err != nil {
		t.Fatal(err)
	}
	if got := config.Config.Labels["io.crossplane.xpkg:"+last.String()]; got != "base" {
		t.Errorf("the label of the layer with package.yaml is %q", got)
	}
}

func files(t *testing.T, layer v1.Layer) map[string]string {
	t.Helper()
	modes := map[string]string{}
	walk(t, layer, func(header *tar.Header, _ io.Reader) {
		modes[header.Name] = header.FileInfo().Mode().String()
		if header.ModTime.Unix() != 0 || header.Uid != 0 || header.Gid != 0 {
			t.Errorf("%s: it is from %v and belongs to %d:%d", header.Name, header.ModTime, header.Uid, header.Gid)
		}
	})
	return modes
}

func walk(t *testing.T, layer v1.Layer, visit func(*tar.Header, io.Reader)) {
	t.Helper()
	content, err := layer.Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = content.Close() }()
	for archive := tar.NewReader(content); ; {
		header, err := archive.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		visit(header, archive)
	}
}

// checkMeta reads package.yaml where Crossplane does: in the layer that is annotated.
func checkMeta(t *testing.T, image v1.Image) {
	t.Helper()
	manifest, err := image.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	var found []pkgmeta.Function
	for _, descriptor := range manifest.Layers {
		if descriptor.Annotations["io.crossplane.xpkg"] != "base" {
			continue
		}
		layer, err := image.LayerByDigest(descriptor.Digest)
		if err != nil {
			t.Fatal(err)
		}
		walk(t, layer, func(_ *tar.Header, content io.Reader) {
			text, err := io.ReadAll(content)
			if err != nil {
				t.Fatal(err)
			}
			var function pkgmeta.Function
			if err := yaml.UnmarshalStrict(text, &function); err != nil {
				t.Fatalf("package.yaml: %v\n%s", err, text)
			}
			found = append(found, function)
		})
	}
	if len(found) != 1 {
		t.Fatalf("there are %d package.yaml in annotated layers", len(found))
	}
	function := found[0]
	if function.APIVersion != "meta.pkg.crossplane.io/v1" || function.Kind != "Function" || function.Name != "genops" {
		t.Errorf("package.yaml has %s %s %s", function.APIVersion, function.Kind, function.Name)
	}
	want := pkgmeta.MetaSpec{Crossplane: &pkgmeta.CrossplaneConstraints{Version: ">=v2.0.0-0"}, Capabilities: []string{"composition"}}
	if diff := cmp.Diff(want, function.Spec.MetaSpec); diff != "" {
		t.Errorf("spec (-want +got):\n%s", diff)
	}
}

// guarded asks for a password.
func guarded(inner http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "pusher" || password != "secret" {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		inner.ServeHTTP(w, r)
	})
}

// TestPushWithCredentials takes them from where docker login puts them.
func TestPushWithCredentials(t *testing.T) {
	host := serve(t, guarded)
	home := t.TempDir()
	t.Setenv("DOCKER_CONFIG", home)
	to := reference(t, host+"/genops:v1")
	pushed := index(t, both(t, t.TempDir()))

	err := xpkg.Push(t.Context(), to, pushed)
	want := host + " refuses the credentials (401 Unauthorized): log in with docker login, or what writes the same config.json"
	if err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}

	config, err := json.Marshal(map[string]any{"auths": map[string]authn.AuthConfig{host: {Username: "pusher", Password: "secret"}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, "config.json"), config, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := xpkg.Push(t.Context(), to, pushed); err != nil {
		t.Errorf("with credentials: %v", err)
	}
}

// TestPushRefused says in one sentence what a registry answers.
func TestPushRefused(t *testing.T) {
	t.Parallel()
	pushed := index(t, both(t, t.TempDir()))
	status := func(code int, body string) string {
		return serve(t, func(inner http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodPost {
					inner.ServeHTTP(w, r)
					return
				}
				w.WriteHeader(code)
				_, _ = io.WriteString(w, body)
			})
		})
	}
	// A port that nobody listens on.
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := closed.Addr().String()
	_ = closed.Close()
	forbidden := status(http.StatusForbidden, `{"errors":[{"code":"DENIED","message":"no"}]}`)
	quota := status(http.StatusTeapot, `{"errors":[{"code":"DENIED","message":"the repository is full"}]}`)
	for name, tc := range map[string]struct{ host, want string }{
		"nobody there":  {nobody, nobody + " does not answer: dial tcp " + nobody + ": connect: connection refused"},
		"forbidden":     {forbidden, forbidden + " refuses the credentials (403 Forbidden): log in with docker login, or what writes the same config.json"},
		"another error": {quota, quota + " answers with 418 I'm a teapot, the repository is full"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := xpkg.Push(t.Context(), reference(t, tc.host+"/genops:v1"), pushed)
			if err == nil || err.Error() != tc.want {
				t.Errorf("error is %v, want %s", err, tc.want)
			}
		})
	}
}

// TestReference refuses what Crossplane would not find again.
func TestReference(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"registry.example.org/genops:v1", "127.0.0.1:5000/a/b/genops:v1.2.3"} {
		if tag := reference(t, good); tag.String() != good {
			t.Errorf("%s became %s", good, tag)
		}
	}
	digested := "registry.example.org/genops:v1@sha256:" + strings.Repeat("0", 64)
	for _, bad := range []string{"", "genops", "genops:v1", "registry.example.org/genops", "registry.example.org/Genops:v1", "registry.example.org/genops:", digested, "a b"} {
		_, err := xpkg.ParseReference(bad)
		if want := `reference "` + bad + `": allowed is REGISTRY/REPOSITORY:TAG`; err == nil || err.Error() != want {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
}
