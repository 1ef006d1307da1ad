package plugpack_test

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/plugpack"
	"github.com/karezflow/karez/engine/plugpack/plugpacktest"
	"github.com/karezflow/karez/sdk/fault"
)

func open(t testing.TB, content []byte) *plugpack.Package {
	t.Helper()
	p, err := plugpack.Open(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func codeIs(t *testing.T, err error, code string) *fault.Fault {
	t.Helper()
	if fault.CodeOf(err) != code {
		t.Fatalf("%v, want %s", err, code)
	}
	return fault.From(err)
}

// The package of a folder has the files for people and the programs, and nothing else.
func TestPack(t *testing.T) {
	t.Parallel()
	folder := plugpacktest.Folder("depot", "1.2.0")
	folder["package.json"] = &fstest.MapFile{Data: []byte(`{"publisher":"Some House","sdk":{"min":1,"max":2},"permissions":{"hosts":["{address}","api.example.com","{address}"]}}`)}
	folder[".git/config"] = &fstest.MapFile{Data: []byte("x")}
	folder["docs/.hidden/x"] = &fstest.MapFile{Data: []byte("x")}
	folder["examples/orders.yaml"] = &fstest.MapFile{Data: []byte("kind: Flow\n")}
	p := open(t, plugpacktest.Pack(t, folder))
	if err := p.Verify(t.Context()); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range p.Manifest.Files {
		names = append(names, f.Path)
	}
	program := "bin/" + runtime.GOOS + "-" + runtime.GOARCH + "/depot"
	if diff := cmp.Diff([]string{"README.md", program, "docs/zh.md", "examples/orders.yaml", "icon.svg", "manifest.yaml"}, names); diff != "" {
		t.Error(diff)
	}
	m := p.Manifest
	want := plugpack.Manifest{
		Format: 1, Name: "depot", Version: "1.2.0", Publisher: "Some House", SDK: plugpack.Range{Min: 1, Max: 2}, Files: m.Files,
		Programs:    []plugpack.Program{{OS: runtime.GOOS, Arch: runtime.GOARCH, Path: program}},
		Permissions: plugpack.Permissions{Hosts: []string{"api.example.com", "{address}"}, Secrets: []string{"token"}},
	}
	if diff := cmp.Diff(want, *m); diff != "" {
		t.Error(diff)
	}
}

// What a package is made of decides its bytes: not the time, the place or the order.
func TestPackIsDeterministic(t *testing.T) {
	t.Parallel()
	first := plugpacktest.Pack(t, plugpacktest.Folder("depot", "1.2.0"))
	later := plugpacktest.Folder("depot", "1.2.0")
	for _, f := range later {
		f.ModTime, f.Mode = time.Date(2031, 5, 5, 0, 0, 0, 0, time.UTC), 0o600
	}
	if !bytes.Equal(first, plugpacktest.Pack(t, later)) {
		t.Error("another time and other permissions give another package")
	}
	named, program := plugpacktest.Folder("depot", "1.2.0"), "bin/"+runtime.GOOS+"-"+runtime.GOARCH+"/depot"
	content := named[program].Data
	delete(named, program)
	var out bytes.Buffer
	if _, err := plugpack.Pack(&out, plugpack.Source{
		Dir: named, SDK: plugpack.Range{Min: 1, Max: 1}, Programs: map[string]plugpack.Opener{runtime.GOOS + "/" + runtime.GOARCH: plugpacktest.Opener(content)},
	}); err != nil || !bytes.Equal(first, out.Bytes()) {
		t.Errorf("a program that is named gives another package than one in the folder (%v)", err)
	}
	// What a build on this machine made is the program of this platform, unless there is another one.
	named["bin/depot"] = &fstest.MapFile{Data: content}
	for name, source := range map[string]plugpack.Source{
		"built here": {}, "named besides": {Programs: map[string]plugpack.Opener{runtime.GOOS + "/" + runtime.GOARCH: plugpacktest.Opener(content)}},
	} {
		source.Dir, source.SDK, source.Here = named, plugpack.Range{Min: 1, Max: 1}, runtime.GOOS+"/"+runtime.GOARCH
		var out bytes.Buffer
		if _, err := plugpack.Pack(&out, source); err != nil || !bytes.Equal(first, out.Bytes()) {
			t.Errorf("%s: another package (%v)", name, err)
		}
	}
	named["bin/depot"].Mode = os.ModeSymlink
	if _, err := plugpack.Pack(&bytes.Buffer{}, plugpack.Source{Dir: named, SDK: plugpack.Range{Min: 1, Max: 1}, Here: runtime.GOOS + "/" + runtime.GOARCH}); fault.CodeOf(err) != plugpack.CodeSource {
		t.Errorf("a link for a program: %v", err)
	}
	key := plugpacktest.Key(t, "house")
	if signed := plugpacktest.Sign(t, key, first); !bytes.Equal(signed, plugpacktest.Sign(t, key, plugpacktest.Sign(t, key, first))) {
		t.Error("signing twice gives another package")
	}
}

func TestPackRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(fstest.MapFS)
		code   string
	}{
		"no manifest":       {func(f fstest.MapFS) { delete(f, "manifest.yaml") }, plugpack.CodeSource},
		"a wrong manifest":  {func(f fstest.MapFS) { f["manifest.yaml"].Data = []byte("id: X\n") }, "manifest.invalid"},
		"no program":        {func(f fstest.MapFS) { delete(f, "bin/"+runtime.GOOS+"-"+runtime.GOARCH+"/depot") }, plugpack.CodeManifest},
		"another's program": {func(f fstest.MapFS) { f["bin/plan9-arm/other"] = &fstest.MapFile{} }, plugpack.CodeSource},
		"a link":            {func(f fstest.MapFS) { f["docs/link"] = &fstest.MapFile{Mode: os.ModeSymlink} }, plugpack.CodeSource},
		"a device":          {func(f fstest.MapFS) { f["docs/aux.md"] = &fstest.MapFile{} }, plugpack.CodeNameUnsafe},
		"two writings":      {func(f fstest.MapFS) { f["docs/ZH.md"] = &fstest.MapFile{} }, plugpack.CodeNameTwice},
		"a made-up permission": {func(f fstest.MapFS) {
			f["package.json"] = &fstest.MapFile{Data: []byte(`{"permissions":{"root":true}}`)}
		}, plugpack.CodeSource},
		"an empty range": {func(f fstest.MapFS) { f["package.json"] = &fstest.MapFile{Data: []byte(`{"sdk":{"min":2,"max":1}}`)} }, plugpack.CodeManifest},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := plugpacktest.Folder("depot", "1.2.0")
			tt.change(folder)
			var out bytes.Buffer
			_, err := plugpack.Pack(&out, plugpack.Source{Dir: folder, SDK: plugpack.Range{Min: 1, Max: 1}})
			if code := fault.CodeOf(err); code != tt.code && (tt.code != "manifest.invalid" || !strings.HasPrefix(code, "manifest.")) {
				t.Errorf("%v, want %s", err, tt.code)
			}
		})
	}
}

func TestSignature(t *testing.T) {
	t.Parallel()
	house, other := plugpacktest.Key(t, "house"), plugpacktest.Key(t, "other")
	p := open(t, plugpacktest.Sign(t, house, plugpacktest.Pack(t, plugpacktest.Folder("depot", "1.2.0"))))
	if !p.Signature.Holds(house.Key, p.Text) || p.Signature.Key != house.ID {
		t.Error("the signature does not hold")
	}
	if p.Signature.Holds(other.Key, p.Text) || p.Signature.Holds(house.Key, append(slices.Clone(p.Text), ' ')) {
		t.Error("the signature holds for another key or text")
	}
	forged := *p.Signature
	forged.Key = other.ID
	if forged.Holds(other.Key, p.Text) {
		t.Error("a signature holds under another key's id")
	}
}

// Keys survive their files, and a file that is none is told without its content.
func TestKeys(t *testing.T) {
	t.Parallel()
	k := plugpacktest.Key(t, "某公司: 发布")
	public, err := plugpack.ParseKey(k.Line())
	if err != nil || public.ID != k.ID || public.Name != k.Name || !public.Expires.Equal(k.Expires) || len(public.ID) != 24 {
		t.Errorf("%+v, %v", public, err)
	}
	private, err := plugpack.ParsePrivateKey(k.SecretLine())
	if err != nil || !private.Sign([]byte("x")).Holds(public, []byte("x")) {
		t.Errorf("the private key does not sign for the public one: %v", err)
	}
	secret := strings.Split(k.SecretLine(), ":")[1]
	for _, text := range []string{"", "karez-key:x", k.SecretLine(), strings.Replace(k.Line(), "2030", "never", 1), strings.Replace(k.Line(), "=", "", 1), "karez-key:AAAA:2030-01-01:x", strings.TrimSuffix(k.Line(), k.Name+"\n")} {
		if _, err := plugpack.ParseKey(text); fault.CodeOf(err) != plugpack.CodeKey || strings.Contains(err.Error(), secret) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := plugpack.ParsePrivateKey(k.Line()); fault.CodeOf(err) != plugpack.CodeKey {
		t.Error(err)
	}
	if _, err := plugpack.NewKey(bytes.NewReader(make([]byte, 64)), "two\nlines", k.Expires); fault.CodeOf(err) != plugpack.CodeKey {
		t.Errorf("a name of two lines: %v", err)
	}
}

func TestParseSignature(t *testing.T) {
	t.Parallel()
	key := plugpacktest.Key(t, "house")
	text, err := key.Sign([]byte("x")).Text()
	if err != nil {
		t.Fatal(err)
	}
	if s, err := plugpack.ParseSignature(text); err != nil || !s.Holds(key.Key, []byte("x")) {
		t.Error(err)
	}
	for bad, code := range map[string]string{
		"": plugpack.CodeSignature, "{}": plugpack.CodeSignature, string(text) + "{}": plugpack.CodeSignature, `{"format":1,"key":"a","value":"AAAA"}`: plugpack.CodeSignature,
		strings.Replace(string(text), `"format":1`, `"format":2`, 1):       plugpack.CodeNewer,
		strings.Replace(string(text), `"format":1`, `"format":1,"x":1`, 1): plugpack.CodeSignature,
	} {
		_, err := plugpack.ParseSignature([]byte(bad))
		_ = codeIs(t, err, code)
	}
}

// What is written is what was verified, for one platform only, and private.
func TestExtract(t *testing.T) {
	t.Parallel()
	folder := plugpacktest.Folder("depot", "1.2.0")
	folder["bin/plan9-arm/depot"] = &fstest.MapFile{Data: []byte("elsewhere")}
	p := open(t, plugpacktest.Sign(t, plugpacktest.Key(t, "house"), plugpacktest.Pack(t, folder)))
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = root.Close() }()
	if err := p.Extract(t.Context(), root, runtime.GOOS, runtime.GOARCH); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	if err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		info, err := d.Info()
		got[filepath.ToSlash(name)] = info.Mode().String()
		return err
	}); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"README.md": "-rw-------", "docs/zh.md": "-rw-------", "icon.svg": "-rw-------", "manifest.yaml": "-rw-------", "package.json": "-rw-------", "signature.json": "-rw-------",
		"bin/" + runtime.GOOS + "-" + runtime.GOARCH + "/depot": "-rwx------",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := p.Extract(t.Context(), root, runtime.GOOS, runtime.GOARCH); fault.CodeOf(err) != plugpack.CodeUnwritable {
		t.Errorf("extracting over what is there: %v", err)
	}
	if err := p.Extract(t.Context(), root, "aix", "ppc64"); fault.CodeOf(err) != plugpack.CodePlatform {
		t.Errorf("a platform without a program: %v", err)
	}
}

func TestSpeaks(t *testing.T) {
	t.Parallel()
	m := &plugpack.Manifest{SDK: plugpack.Range{Min: 2, Max: 3}}
	if err := m.Speaks([]int{1, 3}); err != nil {
		t.Error(err)
	}
	_ = codeIs(t, m.Speaks([]int{1, 4}), plugpack.CodeSDK)
}

// entries gives the content of a zip file, in its order.
func entries(t testing.TB, content []byte) []entry {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var all []entry
	for _, f := range archive.File {
		from, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if _, err := out.ReadFrom(from); err != nil {
			t.Fatal(err)
		}
		all = append(all, entry{name: f.Name, content: out.Bytes()})
	}
	return all
}
