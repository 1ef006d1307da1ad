package plugpack_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/plugpack"
	"github.com/karezflow/karez/engine/plugpack/plugpacktest"
	"github.com/karezflow/karez/sdk/fault"
)

func sumOf(texts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(texts, "")))
	return hex.EncodeToString(sum[:])
}

// The package of a definition has no program, whatever lies in bin, and runs on any platform.
func TestPackADefinition(t *testing.T) {
	t.Parallel()
	folder := plugpacktest.Definition("depot", "1.2.0")
	folder["package.json"] = &fstest.MapFile{Data: []byte(`{"publisher":"Some House","permissions":{"hosts":["{address}"]}}`)}
	var out bytes.Buffer
	if _, err := plugpack.Pack(&out, plugpack.Source{Dir: folder, SDK: plugpack.Range{Min: 1, Max: 1}, Here: runtime.GOOS + "/" + runtime.GOARCH}); err != nil {
		t.Fatal(err)
	}
	p := open(t, plugpacktest.Sign(t, plugpacktest.Key(t, "house"), out.Bytes()))
	if err := p.Verify(t.Context()); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range p.Manifest.Files {
		names = append(names, f.Path)
	}
	if diff := cmp.Diff([]string{"README.md", "connector.yaml", "examples/orders.yaml", "icon.svg", "manifest.yaml"}, names); diff != "" {
		t.Error(diff)
	}
	want := plugpack.Manifest{
		Format: 2, Name: "depot", Version: "1.2.0", Publisher: "Some House", Definition: 1, Files: p.Manifest.Files, Programs: []plugpack.Program{},
		Permissions: plugpack.Permissions{Hosts: []string{"{address}"}, Secrets: []string{"token"}},
	}
	if diff := cmp.Diff(want, *p.Manifest); diff != "" {
		t.Error(diff)
	}
	place, sum, err := p.Manifest.Start("plan9", "arm")
	if want := sumOf(sumOf(string(folder["manifest.yaml"].Data)), sumOf(plugpacktest.Defined)); err != nil || place != "." || sum != want {
		t.Errorf("%s %s %v, want %s", place, sum, err, want)
	}
	if err := p.Manifest.Speaks(nil); err != nil {
		t.Errorf("a definition speaks no version: %v", err)
	}
	newer := *p.Manifest
	newer.Definition = 2
	if f := codeIs(t, newer.Speaks([]int{1}), "definition.newer"); f.Hint == "" {
		t.Error("no hint")
	}
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = root.Close() }()
	if err := p.Extract(t.Context(), root, "plan9", "arm"); err != nil {
		t.Fatal(err)
	}
	for _, name := range append(names, "package.json", "signature.json") {
		if info, err := root.Stat(name); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a package of programs is written as is what older programs read.
func TestTheFormatOfProgramsStays(t *testing.T) {
	t.Parallel()
	p := open(t, plugpacktest.Pack(t, plugpacktest.Folder("depot", "1.2.0")))
	if !bytes.HasPrefix(p.Text, []byte("{\n \"format\": 1,\n \"name\": \"depot\",\n \"version\": \"1.2.0\",\n \"sdk\": {\n  \"min\": 1,\n  \"max\": 1\n },\n \"programs\": [\n")) {
		t.Errorf("%s", p.Text)
	}
}

func TestPackADefinitionRefuses(t *testing.T) {
	t.Parallel()
	const key = "0123456789abcdefghijklmnopqrstuvwxyz"
	text := func(name, old, now string) func(fstest.MapFS) {
		return func(f fstest.MapFS) { f[name].Data = []byte(strings.Replace(string(f[name].Data), old, now, 1)) }
	}
	for name, tt := range map[string]struct {
		change func(fstest.MapFS)
		code   string
		path   string
	}{
		"no manifest":         {func(f fstest.MapFS) { delete(f, "manifest.yaml") }, plugpack.CodeSource, "manifest.yaml"},
		"broken YAML":         {text("connector.yaml", "operations:", "operations: ["), "manifest.syntax", ""},
		"a broken manifest":   {text("manifest.yaml", "operations:", "operations: ["), "manifest.syntax", ""},
		"an unknown key":      {text("connector.yaml", "definition: 1", "definition: 1\nretries: 3"), "manifest.unknown_key", "retries"},
		"a key of a manifest": {text("manifest.yaml", "timeZone:", "streams: true\ntimeZone:"), "manifest.unknown_key", "streams"},
		"a newer form":        {text("connector.yaml", "definition: 1", "definition: 2\nstreams: []"), "definition.newer", "definition"},
		"a strange function":  {text("connector.yaml", "{{secrets.token}}", "{{secrets.token | rot13}}"), "definition.expression", "operations.orders.request.header.Authorization"},
		"a strange setting":   {text("connector.yaml", "secrets.token", "secrets.pass"), "definition.unknown_name", "operations.orders.request.header.Authorization"},
		"no such operation":   {text("connector.yaml", "  orders:", "  goods:"), "definition.unknown_operation", "operations.goods"},
		"a secret":            {text("connector.yaml", "Bearer {{secrets.token}}", "Bearer "+key), plugpack.CodeSecret, "connector.yaml request.header.Authorization"},
		"a secret in a list":  {text("connector.yaml", `"...": "{{params}}"`, `api_key: [`+key+`]`), plugpack.CodeSecret, "connector.yaml operations.orders.request.query.api_key[0]"},
		"a key in a value":    {text("connector.yaml", "request: {m", "vars: {appSecret: "+key+"}\nrequest: {m"), plugpack.CodeSecret, "connector.yaml vars.appSecret"},
		"a default secret":    {text("manifest.yaml", "secret: true", "secret: true, default: "+key), "manifest.not_allowed", "settings[1].default"},
		"our private key": {func(f fstest.MapFS) {
			f["examples/acme.key"] = &fstest.MapFile{Data: []byte(plugpacktest.Key(t, "acme").SecretLine())}
		}, plugpack.CodeSecret, "examples/acme.key"},
		"another private key": {func(f fstest.MapFS) {
			f["docs/tls.pem"] = &fstest.MapFile{Data: []byte(strings.Repeat(" ", 32<<10-25) + "-----BEGIN RSA PRIVATE KEY-----\n" + key + "\n")}
		}, plugpack.CodeSecret, "docs/tls.pem"},
		"versions":     {func(f fstest.MapFS) { f["package.json"] = &fstest.MapFile{Data: []byte(`{"sdk":{"min":1,"max":1}}`)} }, plugpack.CodeSource, "package.json"},
		"a link":       {func(f fstest.MapFS) { f["docs/link"] = &fstest.MapFile{Mode: os.ModeSymlink} }, plugpack.CodeSource, "docs/link"},
		"a device":     {func(f fstest.MapFS) { f["docs/aux.md"] = &fstest.MapFile{} }, plugpack.CodeNameUnsafe, "docs/aux.md"},
		"other hosts":  {func(f fstest.MapFS) { hosts(f, `["{address}"]`, `["elsewhere.example"]`) }, plugpack.CodeSource, "permissions.hosts"},
		"a bad folder": {func(f fstest.MapFS) { f["connector.yaml"] = &fstest.MapFile{} }, "manifest.syntax", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := plugpacktest.Definition("depot", "1.2.0")
			tt.change(folder)
			_, err := plugpack.Pack(&bytes.Buffer{}, plugpack.Source{Dir: folder, SDK: plugpack.Range{Min: 1, Max: 1}})
			f := codeIs(t, err, tt.code)
			if tt.path != "" && f.Path != tt.path {
				t.Errorf("at %q, want %q", f.Path, tt.path)
			}
			if strings.Contains(f.Error(), key) {
				t.Errorf("the refusal gives the secret away: %v", f)
			}
		})
	}
	program := map[string]plugpack.Opener{"linux/amd64": plugpacktest.Opener([]byte("x"))}
	_, err := plugpack.Pack(&bytes.Buffer{}, plugpack.Source{Dir: plugpacktest.Definition("depot", "1.2.0"), Programs: program})
	_ = codeIs(t, err, plugpack.CodeSource)
	// Words about keys are none.
	folder := plugpacktest.Definition("depot", "1.2.0")
	folder["docs/en.md"] = &fstest.MapFile{Data: []byte("Paste the text from -----BEGIN PRIVATE KEY----- on. karez-private-key: is how ours begins.\n")}
	if err := open(t, plugpacktest.Pack(t, folder)).Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

func hosts(f fstest.MapFS, declared, named string) {
	f["manifest.yaml"].Data = []byte(strings.Replace(string(f["manifest.yaml"].Data), "timeZone:", "hosts: "+declared+"\ntimeZone:", 1))
	f["package.json"] = &fstest.MapFile{Data: []byte(`{"permissions":{"hosts":` + named + `}}`)}
}

// rebuilt makes a package by hand: of other files than those that Pack would take, listed with
// their sums, as somebody does it who wants a package to pass.
func rebuilt(t *testing.T, change func(map[string]string, *plugpack.Manifest)) []byte {
	t.Helper()
	p := open(t, plugpacktest.Pack(t, plugpacktest.Definition("depot", "1.2.0")))
	m, files := *p.Manifest, map[string]string{}
	for _, f := range m.Files {
		text, err := p.Read(f.Path)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Path] = string(text)
	}
	change(files, &m)
	m.Files = nil
	all := []entry{{}}
	for name, text := range files {
		m.Files = append(m.Files, plugpack.File{Path: name, Size: int64(len(text)), SHA256: sumOf(text)})
		all = append(all, entry{name: name, content: []byte(text)})
	}
	slices.SortFunc(m.Files, func(a, b plugpack.File) int { return strings.Compare(a.Path, b.Path) })
	text, err := m.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	all[0] = entry{name: "package.json", content: text}
	return zipped(t, all)
}

// Packages of definitions that nobody made with Pack are refused before anything is written.
func TestHostileDefinitionsAreRefused(t *testing.T) {
	t.Parallel()
	type files = map[string]string
	for name, tt := range map[string]struct {
		change func(files, *plugpack.Manifest)
		code   string
	}{
		"with a program": {func(f files, m *plugpack.Manifest) {
			f["bin/linux-amd64/depot"] = "\x7fELF"
			m.Programs = []plugpack.Program{{OS: "linux", Arch: "amd64", Path: "bin/linux-amd64/depot"}}
		}, plugpack.CodeManifest},
		"with a program that is not named": {func(f files, _ *plugpack.Manifest) { f["bin/linux-amd64/depot"] = "\x7fELF" }, plugpack.CodeManifest},
		"with a sandbox":                   {func(f files, _ *plugpack.Manifest) { f["bin/sandbox"] = "\x7fELF" }, plugpack.CodeManifest},
		"without a definition":             {func(f files, _ *plugpack.Manifest) { delete(f, "connector.yaml") }, plugpack.CodeManifest},
		"without a manifest":               {func(f files, _ *plugpack.Manifest) { delete(f, "manifest.yaml") }, plugpack.CodeManifest},
		"a definition that is not named": {func(_ files, m *plugpack.Manifest) {
			m.Format, m.Definition, m.SDK = 1, 0, plugpack.Range{Min: 1, Max: 1}
		}, plugpack.CodeManifest},
		"the format of programs":  {func(_ files, m *plugpack.Manifest) { m.Format = 1 }, plugpack.CodeManifest},
		"programs in its format":  {func(_ files, m *plugpack.Manifest) { m.Definition, m.SDK = 0, plugpack.Range{Min: 1, Max: 1} }, plugpack.CodeManifest},
		"a form that is none":     {func(_ files, m *plugpack.Manifest) { m.Definition = -1 }, plugpack.CodeManifest},
		"versions":                {func(_ files, m *plugpack.Manifest) { m.SDK = plugpack.Range{Min: 1, Max: 1} }, plugpack.CodeManifest},
		"a newer format":          {func(_ files, m *plugpack.Manifest) { m.Format = 3 }, plugpack.CodeNewer},
		"another form inside":     {func(_ files, m *plugpack.Manifest) { m.Definition = 2 }, plugpack.CodeIdentity},
		"a newer form":            {func(f files, _ *plugpack.Manifest) { f["connector.yaml"] = "definition: 7\nwhole: new\n" }, "definition.newer"},
		"broken YAML":             {func(f files, _ *plugpack.Manifest) { f["connector.yaml"] = "definition: 1\n  a: [\n" }, "manifest.syntax"},
		"an unknown key":          {func(f files, _ *plugpack.Manifest) { f["connector.yaml"] += "scripts: []\n" }, "manifest.unknown_key"},
		"an unknown function":     {func(f files, _ *plugpack.Manifest) { replace(f, "{{params}}", "{{params | run}}") }, "definition.expression"},
		"a secret":                {func(f files, _ *plugpack.Manifest) { replace(f, "{{secrets.token}}", "sk-00112233445566") }, plugpack.CodeSecret},
		"a private key":           {func(f files, _ *plugpack.Manifest) { f["docs/key"] = plugpacktest.Key(t, "acme").SecretLine() }, plugpack.CodeSecret},
		"a name that leads up":    {func(f files, _ *plugpack.Manifest) { f["docs/../../connector.yaml"] = "x" }, plugpack.CodeNameUnsafe},
		"a name from the root":    {func(f files, _ *plugpack.Manifest) { f["/etc/connector.yaml"] = "x" }, plugpack.CodeNameUnsafe},
		"two definitions":         {func(f files, _ *plugpack.Manifest) { f["Connector.yaml"] = "x" }, plugpack.CodeNameTwice},
		"another connector":       {func(_ files, m *plugpack.Manifest) { m.Name = "shop" }, plugpack.CodeIdentity},
		"secrets that are hidden": {func(_ files, m *plugpack.Manifest) { m.Permissions.Secrets = nil }, plugpack.CodeIdentity},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			content := rebuilt(t, tt.change)
			p, err := plugpack.Open(bytes.NewReader(content), int64(len(content)))
			if err == nil {
				err = p.Verify(t.Context())
			}
			f := codeIs(t, err, tt.code)
			if !strings.HasPrefix(f.Code, "manifest.") && f.Hint == "" || f.Class != fault.Data && f.Class != fault.Config {
				t.Errorf("%v has hint %q and class %q", f, f.Hint, f.Class)
			}
		})
	}
	if content := rebuilt(t, func(files, *plugpack.Manifest) {}); open(t, content).Verify(t.Context()) != nil {
		t.Error("the package that nothing was changed in is refused")
	}
}

func replace(files map[string]string, old, now string) {
	files["connector.yaml"] = strings.Replace(files["connector.yaml"], old, now, 1)
}

// A package of a definition and one of programs differ by their text only as far as they differ.
func TestTheManifestOfADefinition(t *testing.T) {
	t.Parallel()
	p := open(t, plugpacktest.Pack(t, plugpacktest.Definition("depot", "1.2.0")))
	var members map[string]json.RawMessage
	if err := json.Unmarshal(p.Text, &members); err != nil || members["sdk"] != nil || string(members["definition"]) != "1" || string(members["programs"]) != "[]" {
		t.Errorf("%s %v", p.Text, err)
	}
}
