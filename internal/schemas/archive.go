package schemas

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// The archive is a ZIP file. An entry is called <API version>/<kind>, its comment is "<module> <version> <scope>", its content is the schema
// as JSON. Entries have no time, and are sorted.
//
//go:embed schemas.zip
var content string

// archive is an archive that was opened; kinds[i] is what files[i] is about.
type archive struct {
	kinds []Kind
	files []*zip.File
}

// open reads the archive's directory.
func open(content string) (*archive, error) {
	reader, err := zip.NewReader(strings.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, fmt.Errorf("open the embedded schemas: %w", err)
	}
	a := &archive{files: reader.File, kinds: make([]Kind, 0, len(reader.File))}
	for _, file := range reader.File {
		slash := strings.LastIndexByte(file.Name, '/')
		comment := strings.Fields(file.Comment)
		if slash < 0 || len(comment) != 3 {
			return nil, fmt.Errorf("open the embedded schemas: entry %q (%s) is not one of make generate", file.Name, file.Comment)
		}
		a.kinds = append(a.kinds, Kind{
			APIVersion: file.Name[:slash], Kind: file.Name[slash+1:],
			Source: Source{Module: comment[0], Version: comment[1]}, Namespaced: comment[2] == string(extv1.NamespaceScoped),
		})
	}
	return a, nil
}

func (a *archive) find(apiVersion, kind string) (int, bool) {
	return slices.BinarySearchFunc(a.kinds, Kind{APIVersion: apiVersion, Kind: kind}, Kind.Compare)
}

// schema decompresses one schema.
func (a *archive) schema(i int) (*extv1.JSONSchemaProps, error) {
	data, err := read(a.files[i])
	if err != nil {
		return nil, err
	}
	schema := &extv1.JSONSchemaProps{}
	if err := json.Unmarshal(data, schema); err != nil {
		return nil, fmt.Errorf("read the schema of %s: %w", a.kinds[i].Kind, err)
	}
	return schema, nil
}

func read(file *zip.File) ([]byte, error) {
	reader, err := file.Open()
	if err != nil {
		return nil, fmt.Errorf("read %s of the embedded schemas: %w", file.Name, err)
	}
	defer func() { _ = reader.Close() }()
	data := bytes.NewBuffer(make([]byte, 0, file.UncompressedSize64+bytes.MinRead))
	if _, err := data.ReadFrom(reader); err != nil {
		return nil, fmt.Errorf("read %s of the embedded schemas: %w", file.Name, err)
	}
	return data.Bytes(), nil
}

// Definition is a schema with the kind that it is of.
type Definition struct {
	Kind
	Schema *extv1.JSONSchemaProps
}

// Pack writes an archive. The same definitions make the same bytes with the same version of Go.
func Pack(definitions []Definition) ([]byte, error) {
	definitions = slices.SortedFunc(slices.Values(definitions), func(a, b Definition) int { return a.Compare(b.Kind) })
	var packed bytes.Buffer
	writer := zip.NewWriter(&packed)
	writer.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, flate.BestCompression) })
	for i, d := range definitions {
		if i > 0 && d.Compare(definitions[i-1].Kind) == 0 {
			return nil, fmt.Errorf("pack %s: %s is there twice", d.Kind.Kind, d.APIVersion)
		}
		data, err := json.Marshal(d.Schema)
		if err != nil {
			return nil, fmt.Errorf("write the schema of %s: %w", d.Kind.Kind, err)
		}
		scope := extv1.ClusterScoped
		if d.Namespaced {
			scope = extv1.NamespaceScoped
		}
		entry, err := writer.CreateHeader(&zip.FileHeader{
			Name: d.APIVersion + "/" + d.Kind.Kind, Comment: fmt.Sprintf("%s %s %s", d.Module, d.Version, scope), Method: zip.Deflate,
		})
		if err != nil {
			return nil, fmt.Errorf("pack %s: %w", d.Kind.Kind, err)
		}
		if _, err := entry.Write(data); err != nil {
			return nil, fmt.Errorf("pack %s: %w", d.Kind.Kind, err)
		}
	}
	if err := writer.Close(); err != nil {
		return nil, fmt.Errorf("close the archive: %w", err)
	}
	return packed.Bytes(), nil
}
