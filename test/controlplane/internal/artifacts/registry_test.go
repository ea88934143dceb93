package artifacts

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"sigs.k8s.io/yaml"
)

// certificate is one for 127.0.0.1, with a client that trusts it.
func certificate(t *testing.T) *httptest.Server {
	t.Helper()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	return server
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

// get fetches a file.
func get(t *testing.T, url string) (int, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // It was only read.
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, body
}

// unpack lists a chart's files.
func unpack(t *testing.T, archive []byte) map[string]string {
	t.Helper()
	plain, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for reader := tar.NewReader(plain); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		files[header.Name] = string(content)
	}
}

// TestServe fetches everything from where the mirrors lead to.
func TestServe(t *testing.T) {
	t.Parallel()
	made, trusted := build(t), certificate(t)
	on := Listeners{Charts: listen(t), Packages: listen(t), OCI: listen(t), Certificate: trusted.TLS.Certificates[0]}
	at := on.Addresses()
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- made.Serve(ctx, on) }()
	if err := made.Push(ctx, at.Packages); err != nil {
		t.Fatal(err)
	}

	for _, image := range made.Images() {
		want, err := made.images[image].Digest()
		if err != nil {
			t.Fatal(err)
		}
		for _, address := range []string{at.Packages, at.OCI} {
			tag, err := name.NewTag(address + "/" + image)
			if err != nil {
				t.Fatal(err)
			}
			scheme, transport := "http", http.DefaultTransport
			if address == at.OCI {
				// go-containerregistry takes 127.0.0.1 for a registry without TLS, Helm for one with it.
				scheme, transport = "https", secure{trusted.Client().Transport}
			}
			found, err := remote.Image(tag, remote.WithContext(ctx), remote.WithTransport(transport))
			if err != nil {
				t.Fatalf("%s over %s: %v", image, scheme, err)
			}
			if digest, err := found.Digest(); err != nil || digest != want {
				t.Errorf("%s over %s is %s (%v), want %s", image, scheme, digest, err, want)
			}
			if strings.HasPrefix(image, "public.ecr.aws/") {
				checkChart(t, made, found, image)
			}
		}
	}
	mirrors := made.catalogue.Mirrors(at)
	for chart, wanted := range made.catalogue.Charts {
		if isHTTP(wanted.Repository) {
			checkIndex(t, mirrors.Charts[wanted.Repository], chart, wanted.Version)
		}
	}
	if code, _ := get(t, "http://"+at.Charts+"/aws.github.io/eks-charts/metrics-server-3.13.1.tgz"); code != http.StatusNotFound {
		t.Errorf("a chart of another repository is answered with %d", code)
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// secure turns requests into ones over TLS.
type secure struct{ inner http.RoundTripper }

func (s secure) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.URL.Scheme = "https"
	return s.inner.RoundTrip(request)
}

// checkChart compares a chart out of a registry with what Helm looks at.
func checkChart(t *testing.T, made *Artifacts, found v1.Image, image string) {
	t.Helper()
	manifest, err := found.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	if len(manifest.Layers) != 1 || manifest.Config.MediaType != chartConfig || manifest.Layers[0].MediaType != chartContent {
		t.Errorf("%s: manifest is %+v", image, manifest)
	}
	config, err := found.RawConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	var metadata struct{ Name, Version string }
	if err := yaml.Unmarshal(config, &metadata); err != nil || !strings.HasSuffix(image, "/"+metadata.Name+":"+metadata.Version) {
		t.Errorf("%s: metadata is %+v, %v", image, metadata, err)
	}
	layer, err := found.LayerByDigest(manifest.Layers[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	archive, err := layer.Compressed()
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(archive)
	if err != nil || !bytes.Equal(content, made.charts[metadata.Name].archive) {
		t.Errorf("%s: archive has %d bytes, %v", image, len(content), err)
	}
}

// checkIndex goes from a repository to the archive, as Helm does. It is as strict about fields.
func checkIndex(t *testing.T, repository, chart, version string) {
	t.Helper()
	type entry struct {
		APIVersion, Name, Version, AppVersion, Description, Type, Digest, Created string
		URLs                                                                      []string
	}
	code, text := get(t, repository+"/index.yaml")
	var index struct {
		APIVersion, Generated string
		Entries               map[string][]entry
	}
	if err := yaml.UnmarshalStrict(text, &index); err != nil || code != http.StatusOK {
		t.Fatalf("%s: index is %d, %v: %s", repository, code, err, text)
	}
	if len(index.Entries[chart]) != 1 || index.Entries[chart][0].Version != version {
		t.Fatalf("%s: index has %v", repository, index.Entries)
	}
	found := index.Entries[chart][0]
	_, archive := get(t, repository+"/"+found.URLs[0])
	if sum := sha256.Sum256(archive); hex.EncodeToString(sum[:]) != found.Digest {
		t.Errorf("%s: digest of %s is %x, index has %s", repository, found.URLs[0], sum, found.Digest)
	}
	var metadata struct{ Name, Version string }
	if err := yaml.Unmarshal([]byte(unpack(t, archive)[path.Join(chart, "Chart.yaml")]), &metadata); err != nil ||
		metadata.Name != chart || metadata.Version != version {
		t.Errorf("%s: Chart.yaml says %+v, %v", repository, metadata, err)
	}
}

// TestFiles looks at what is packed.
func TestFiles(t *testing.T) {
	t.Parallel()
	made := build(t)
	for chart, want := range map[string][]string{
		"karpenter":     {"karpenter/Chart.yaml", "karpenter/crds/nodepools.yaml", "karpenter/values.schema.json", "karpenter/values.yaml"},
		"karpenter-crd": {"karpenter-crd/Chart.yaml", "karpenter-crd/values.schema.json", "karpenter-crd/values.yaml"},
		"crossplane":    {"crossplane/Chart.yaml", "crossplane/values.schema.json", "crossplane/values.yaml"},
	} {
		var names []string
		files := unpack(t, made.charts[chart].archive)
		for file := range files {
			names = append(names, file)
		}
		slices.Sort(names)
		if !slices.Equal(names, want) {
			t.Errorf("%s has %s, want %s", chart, names, want)
		}
		if version := catalogue().Charts[chart].Version; !strings.Contains(files[chart+"/Chart.yaml"], "appVersion: "+version) {
			t.Errorf("%s is not for the program of version %s: %s", chart, version, files[chart+"/Chart.yaml"])
		}
	}
	for _, chart := range []string{
		"aws-load-balancer-controller", "metrics-server", "external-secrets", "external-dns", "aws-for-fluent-bit", "opentelemetry-collector",
		"kube-state-metrics", "prometheus-node-exporter",
	} {
		files := unpack(t, made.charts[chart].archive)
		if files[chart+"/values.schema.json"] == "" || files[chart+"/templates/_helpers.tpl"] == "" {
			t.Errorf("%s lacks files: %v", chart, files)
		}
	}
}

// TestSecretDefinitions looks at the definitions that come out of the module.
func TestSecretDefinitions(t *testing.T) {
	t.Parallel()
	files := unpack(t, build(t).charts["external-secrets"].archive)
	for _, plural := range []string{"clustersecretstores", "externalsecrets", "secretstores"} {
		text := files["external-secrets/definitions/"+plural+".yaml"]
		var found struct {
			Metadata struct{ Name string }
			Spec     struct {
				Conversion any
				Versions   []struct {
					Name            string
					Served, Storage bool
					Schema          struct {
						OpenAPIV3Schema struct {
							Description string
							Properties  map[string]any
						}
					}
				}
			}
		}
		if err := yaml.Unmarshal([]byte(text), &found); err != nil {
			t.Fatal(err)
		}
		if found.Metadata.Name != plural+".external-secrets.io" || found.Spec.Conversion != nil || len(found.Spec.Versions) != 1 {
			t.Fatalf("%s: %+v", plural, found)
		}
		version := found.Spec.Versions[0]
		schema := version.Schema.OpenAPIV3Schema
		if version.Name != "v1" || !version.Served || !version.Storage || schema.Description != "" || schema.Properties["description"] == nil {
			t.Errorf("%s has the version %+v", plural, version)
		}
	}
	without := fixtures(t)
	without.ExternalSecrets = t.TempDir()
	if _, err := New(without, catalogue()); err == nil || !strings.Contains(err.Error(), "make chart external-secrets: read definition") {
		t.Errorf("without the module: %v", err)
	}
}

// TestMirrors keeps each repository's address as its path.
func TestMirrors(t *testing.T) {
	t.Parallel()
	got := catalogue().Mirrors(Addresses{Charts: "127.0.0.1:1", Packages: "127.0.0.1:2", OCI: "127.0.0.1:3"})
	for from, to := range map[string]string{
		"https://aws.github.io/eks-charts":               "http://127.0.0.1:1/aws.github.io/eks-charts",
		"https://charts.crossplane.io/stable":            "http://127.0.0.1:1/charts.crossplane.io/stable",
		"https://charts.external-secrets.io":             "http://127.0.0.1:1/charts.external-secrets.io",
		"https://kubernetes-sigs.github.io/external-dns": "http://127.0.0.1:1/kubernetes-sigs.github.io/external-dns",
		"public.ecr.aws/karpenter":                       "localhost:3/public.ecr.aws/karpenter",
	} {
		if got.Charts[from] != to {
			t.Errorf("%s leads to %s, want %s", from, got.Charts[from], to)
		}
	}
	for from, to := range map[string]string{
		"xpkg.upbound.io/": "127.0.0.1:2/xpkg.upbound.io/",
		"ghcr.io/":         "127.0.0.1:2/ghcr.io/",
	} {
		if got.Packages[from] != to {
			t.Errorf("%s leads to %s, want %s", from, got.Packages[from], to)
		}
	}
	if len(got.Charts) != 8 || len(got.Packages) != 2 {
		t.Errorf("mirrors are %v", got)
	}
}
