package templatepack_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/plugpack"
	"github.com/karezflow/karez/engine/plugpack/packfile"
	"github.com/karezflow/karez/engine/plugpack/plugpacktest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/market/template"
	"github.com/karezflow/karez/server/market/templatepack"
)

const document = `apiVersion: karez/v1
kind: Template
metadata: {id: a-to-b, version: 1.2.0, title: {zh: 甲, en: A}, summary: {zh: 甲, en: A}, industry: {zh: 电商, en: Shops}, author: Acme, licence: Apache-2.0, karez: ">=1.0"}
spec:
  connections:
    - {slot: shop, connector: depot, versions: ">=1.0 <2.0", title: {zh: 店, en: Shop}}
    - {slot: erp, connector: books, title: {zh: 账, en: Books}}
  docs: {zh: 文, en: Text}
  changelog: [{version: 1.2.0, text: {zh: 首版, en: First}}]
  samples: [{given: {no: "1"}, expected: {n: 12345678901234567890}}]
  flows:
    - {apiVersion: karez/v1, kind: Flow, metadata: {id: one, title: 甲}, spec: {nodes: [{id: rows, type: source, connection: shop, settings: {operation: orders, big: 12345678901234567890}}, {id: bill, type: target, connection: erp, settings: {}}], edges: []}}
`

func made(t testing.TB, pairs ...string) *template.Template {
	t.Helper()
	one, err := template.Parse([]byte(strings.NewReplacer(pairs...).Replace(document)))
	if err != nil {
		t.Fatal(err)
	}
	return one
}

func packed(t testing.TB, one *template.Template) *templatepack.Package {
	t.Helper()
	p, err := templatepack.Make(one)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func file(t testing.TB, p *templatepack.Package) []byte {
	t.Helper()
	content, err := p.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// A package has the same bytes for the same template, and gives back the template and its signature.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	p := packed(t, made(t))
	p.Sign(plugpacktest.Key(t, "Acme"))
	content := file(t, p)
	if again := packed(t, made(t)); again.Sum != p.Sum {
		t.Error("the same template has another sum")
	}
	read, err := templatepack.Open(content)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := made(t).JSON()
	got, err := read.Template.JSON()
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%v\n%s\n%s", err, got, want)
	}
	if !bytes.Equal(file(t, read), content) || read.Name() != "a-to-b-1.2.0.kzt" || fmt.Sprint(read.Manifest.Connectors) != "[{books } {depot >=1.0 <2.0}]" {
		t.Errorf("%+v", read.Manifest)
	}
	key := plugpacktest.Key(t, "Acme").Key
	if !read.Signature.HoldsAs(key, plugpack.Templates, read.Text) || read.Signature.HoldsAs(plugpacktest.Key(t, "Other").Key, plugpack.Templates, read.Text) {
		t.Error("the signature does not hold, or anybody's")
	}
	if read.Signature.Holds(key, read.Text) {
		t.Error("a signature of a template is one of a connector")
	}
}

// entry is one of a zip file; raw is written as the packed bytes with a size that need not be true.
type entry struct {
	name    string
	content []byte
	mode    os.FileMode
	raw     []byte
	size    uint64
}

func entries(t testing.TB, content []byte) []entry {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var all []entry
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, entry{name: f.Name, content: text})
	}
	return all
}

func zipped(t testing.TB, all []entry) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, e := range all {
		header := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		header.SetMode(e.mode | 0o644)
		var to io.Writer
		var err error
		if e.raw != nil {
			header.CompressedSize64, header.UncompressedSize64, header.CRC32 = uint64(len(e.raw)), e.size, crc32.ChecksumIEEE(e.content)
			to, err = w.CreateRaw(header)
			e.content = e.raw
		} else {
			to, err = w.CreateHeader(header)
		}
		if err == nil {
			_, err = to.Write(e.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// forged gives the package with another text in its document, and a manifest that lists it so.
func forged(t testing.TB, from, to string) []byte {
	t.Helper()
	all := entries(t, file(t, packed(t, made(t))))
	var manifest *entry
	for i := range all {
		if all[i].name == plugpack.ManifestFile {
			manifest = &all[i]
		}
	}
	for i := range all {
		if all[i].name != templatepack.DocumentFile {
			continue
		}
		old := all[i].content
		if !bytes.Contains(old, []byte(from)) {
			t.Fatalf("the document holds no %q", from)
		}
		all[i].content = bytes.Replace(old, []byte(from), []byte(to), 1)
		manifest.content = bytes.Replace(manifest.content, []byte(packfile.SumOf(old)), []byte(packfile.SumOf(all[i].content)), 1)
		manifest.content = bytes.Replace(manifest.content, fmt.Appendf(nil, `"size": %d`, len(old)), fmt.Appendf(nil, `"size": %d`, len(all[i].content)), 1)
	}
	return zipped(t, all)
}

func corpus(t testing.TB) map[string]struct {
	content []byte
	code    string
} {
	t.Helper()
	type hostile = struct {
		content []byte
		code    string
	}
	good := func() []entry { return entries(t, file(t, packed(t, made(t)))) }
	with := func(e entry) []byte { return zipped(t, append(good(), e)) }
	edited := func(name, from, to string) []byte { // the manifest does not follow
		all := good()
		for i := range all {
			if all[i].name == name {
				all[i].content = bytes.Replace(all[i].content, []byte(from), []byte(to), 1)
			}
		}
		return zipped(t, all)
	}
	zeros := bytes.Repeat([]byte{0}, 7<<20)
	all := map[string]hostile{
		"a climbing name":          {with(entry{name: "../evil.json", content: []byte("{}")}), packfile.CodeNameUnsafe},
		"a name at the root":       {with(entry{name: "/etc/passwd", content: []byte("{}")}), packfile.CodeNameUnsafe},
		"a turned name":            {with(entry{name: "samples/\u202Enosj.exe", content: []byte("{}")}), packfile.CodeNameUnsafe},
		"the document twice":       {with(entry{name: "Template.JSON", content: []byte("{}")}), packfile.CodeNameTwice},
		"the manifest twice":       {with(entry{name: "package.json", content: []byte("{}")}), packfile.CodeNameTwice},
		"a link":                   {with(entry{name: "samples/002.json", content: []byte("/etc/passwd"), mode: os.ModeSymlink}), packfile.CodeNotAFile},
		"a bomb":                   {with(entry{name: "samples/002.json", content: zeros}), packfile.CodeBomb},
		"a lie about the size":     {with(entry{name: "samples/002.json", raw: []byte("x"), size: 7 << 20}), packfile.CodeBomb},
		"a file beyond the most":   {with(entry{name: "samples/002.json", raw: bytes.Repeat([]byte("x"), 1<<20), size: 9 << 20}), packfile.CodeTooLarge},
		"a file that is no one's":  {with(entry{name: "samples/002.json", content: []byte("{}")}), packfile.CodeExtra},
		"a changed document":       {edited(templatepack.DocumentFile, "甲", "乙"), packfile.CodeModified},
		"a changed length":         {edited(templatepack.DocumentFile, "甲", "甲乙"), packfile.CodeModified},
		"a lost sample":            {zipped(t, good()[:2]), packfile.CodeMissing},
		"a broken manifest":        {edited("package.json", `"format": 1`, `"format": `), templatepack.CodeManifest},
		"another form":             {edited("package.json", `"format": 1`, `"format":  1`), templatepack.CodeManifest},
		"a member more":            {edited("package.json", `"format": 1,`, `"format": 1, "run": "x",`), templatepack.CodeManifest},
		"a newer package":          {edited("package.json", `"format": 1`, `"format": 2, "more": {}`), templatepack.CodeNewer},
		"a newer document":         {forged(t, "karez/v1", "karez/v2"), templatepack.CodeNewer},
		"another kind":             {edited("package.json", `"kind": "template"`, `"kind": "connector"`), templatepack.CodeOther},
		"a connector":              {plugpacktest.Pack(t, plugpacktest.Folder("depot", "1.0.0")), templatepack.CodeOther},
		"no manifest":              {zipped(t, []entry{{name: "x.json", content: []byte("{}")}}), templatepack.CodeOther},
		"another id":               {forged(t, `"id": "a-to-b"`, `"id": "b-to-a"`), templatepack.CodeIdentity},
		"another range":            {forged(t, `<2.0`, `<3.0`), templatepack.CodeIdentity},
		"a signature of nothing":   {with(entry{name: "signature.json", content: []byte(`{"format":1,"key":"x","value":"AA=="}`)}), plugpack.CodeSignature},
		"no zip":                   {[]byte("PK is not enough for a zip file"), packfile.CodeUnreadable},
		"nothing":                  {nil, packfile.CodeUnreadable},
		"too large":                {make([]byte, templatepack.MaxSize+1), packfile.CodeTooLarge},
		"a tail":                   {append(file(t, packed(t, made(t))), 'x'), packfile.CodeUnreadable},
		"a secret":                 {forged(t, `"operation": "orders"`, `"appSecret": "s3cr3t-value"`), template.CodeSecret},
		"an account":               {forged(t, `"edges": []`, `"edges": [], "connections": {"shop": {"connector": "depot"}}`), "template.account"},
		"a foreign flow":           {forged(t, `"edges": []`, `"edges": [], "uses": {"x": {"flow": "6f1c1a02-0000-4000-8000-000000000001"}}`), "template.foreign"},
		"a connection of nobody":   {forged(t, `"connection": "erp"`, `"connection": "账套"`), "template.slot"},
		"a member of the document": {forged(t, `"metadata": {`, `"run": 1, "metadata": {`), "template.member"},
	}
	many := good()
	for i := range 60 {
		many = append(many, entry{name: fmt.Sprintf("samples/%03d.json", i+2), content: []byte("{}")})
	}
	all["too many"] = hostile{zipped(t, many), packfile.CodeTooMany}
	return all
}

// Everything that is wrong with a package is refused by its own code.
func TestCorpus(t *testing.T) {
	t.Parallel()
	for name, c := range corpus(t) {
		_, err := templatepack.Open(c.content)
		if got := fault.CodeOf(err); got != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
			continue
		}
		if f := fault.From(err); f.Hint == "" && !strings.HasPrefix(c.code, "template.") {
			t.Errorf("%s has no hint: %v", name, f)
		}
	}
}

// Whatever is done to the bytes of a package, it is refused, or is the package that it was.
func TestNoByteMatters(t *testing.T) {
	t.Parallel()
	p := packed(t, made(t))
	p.Sign(plugpacktest.Key(t, "Acme"))
	good := file(t, p)
	rapid.Check(t, func(t *rapid.T) {
		bad := bytes.Clone(good)
		for range rapid.IntRange(1, 4).Draw(t, "changes") {
			bad[rapid.IntRange(0, len(bad)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		}
		read, err := templatepack.Open(bad)
		if err != nil {
			if _, ok := err.(*fault.Fault); !ok { //nolint:errorlint // it has to be one itself
				t.Fatalf("an uncoded refusal: %v", err)
			}
			return
		}
		if read.Sum != p.Sum {
			t.Fatal("another content was taken")
		}
	})
}

func TestMakeRefusesProblems(t *testing.T) {
	t.Parallel()
	for pair, code := range map[[2]string]string{
		{"operation: orders", "appSecret: s3cr3t-value"}:   template.CodeSecret,
		{"version: 1.2.0, title", "version: 1.3.0, title"}: "template.changelog",
	} {
		if _, err := templatepack.Make(made(t, pair[0], pair[1])); fault.CodeOf(err) != code {
			t.Errorf("%v: %v", pair, err)
		}
	}
	long := made(t)
	long.Metadata.Title.ZH = strings.Repeat("长", 1000)
	if _, err := templatepack.Make(long); fault.CodeOf(err) != "template.words_long" {
		t.Error(err)
	}
	big := made(t)
	noise := make([]rune, 2_500_000)
	for i, seed := 0, uint32(7); i < len(noise); i++ {
		seed = seed*1664525 + 1013904223
		noise[i] = '一' + rune(seed>>12%20000)
	}
	text, err := json.Marshal(string(noise))
	if err != nil {
		t.Fatal(err)
	}
	big.Spec.Samples[0].Given = text
	p, err := templatepack.Make(big)
	if err != nil {
		t.Fatal(err)
	}
	if content, err := p.Bytes(); fault.CodeOf(err) != packfile.CodeTooLarge {
		t.Errorf("%d bytes, %v", len(content), err)
	}
}
