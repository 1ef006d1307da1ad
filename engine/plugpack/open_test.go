package plugpack_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/karezflow/karez/engine/plugpack"
	"github.com/karezflow/karez/engine/plugpack/plugpacktest"
	"github.com/karezflow/karez/sdk/fault"
)

// entry is one of a zip file. raw, where it is set, is written as the packed bytes with
// a size that need not be true.
type entry struct {
	name    string
	content []byte
	mode    os.FileMode
	store   bool
	raw     []byte
	size    uint64
}

func zipped(t testing.TB, all []entry) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, e := range all {
		header := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.store {
			header.Method = zip.Store
		}
		header.SetMode(e.mode | 0o644)
		if e.raw != nil {
			header.CompressedSize64, header.UncompressedSize64, header.CRC32 = uint64(len(e.raw)), e.size, crc32.ChecksumIEEE(e.content)
			to, err := w.CreateRaw(header)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := to.Write(e.raw); err != nil {
				t.Fatal(err)
			}
			continue
		}
		to, err := w.CreateHeader(header)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := to.Write(e.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// good gives the entries of a package in which nothing is wrong.
func good(t testing.TB) []entry {
	t.Helper()
	return entries(t, plugpacktest.Pack(t, plugpacktest.Folder("depot", "1.2.0")))
}

// with gives the package with one more entry.
func with(t testing.TB, e entry) []byte {
	t.Helper()
	return zipped(t, append(good(t), e))
}

// changed gives the package with other text in a file.
func changed(t testing.TB, name, from, to string) []byte {
	t.Helper()
	all := good(t)
	for i := range all {
		if all[i].name == name {
			text := strings.Replace(string(all[i].content), from, to, 1)
			if text == string(all[i].content) {
				t.Fatalf("%s holds no %q", name, from)
			}
			all[i].content = []byte(text)
		}
	}
	return zipped(t, all)
}

// corpus gives hostile and broken packages with the code that each is refused with.
func corpus(t testing.TB) map[string]struct {
	content []byte
	code    string
} {
	t.Helper()
	type hostile = struct {
		content []byte
		code    string
	}
	all := map[string]hostile{}
	for _, name := range []string{
		"../evil", "docs/../../evil", "/etc/passwd", `..\evil`, `docs\evil`, `C:\evil`, "C:evil", "docs/file:stream", "./manifest.yaml", "docs//x", "..", ".", "docs/nul", "docs/COM1.txt", "docs/x.",
		"docs/x ", " docs/x", "docs/\x00x", "docs/a\nb", "docs/\u202Egnp.exe", "docs/\xff", "docs/e\u0301", strings.Repeat("d/", 12) + "x", strings.Repeat("x", 300), "docs/a*b", "docs/com¹",
	} {
		all[fmt.Sprintf("name %.30q", name)] = hostile{with(t, entry{name: name, content: []byte("x")}), plugpack.CodeNameUnsafe}
	}
	for _, name := range []string{"manifest.yaml", "MANIFEST.yaml", "Manifest.YAML", "docs/ZH.md", "docs", "DOCS", "icon.svg/x", "readme.MD", "icon.svg"} {
		all["twice "+name] = hostile{with(t, entry{name: name, content: []byte("x")}), plugpack.CodeNameTwice}
	}
	all["two ways to write a letter"] = hostile{zipped(t, append(good(t), entry{name: "docs/ﬁle"}, entry{name: "docs/file"})), plugpack.CodeNameTwice}
	for name, mode := range map[string]os.FileMode{"a link": os.ModeSymlink, "a folder": os.ModeDir, "a pipe": os.ModeNamedPipe, "a device": os.ModeDevice} {
		all[name] = hostile{with(t, entry{name: "docs/x", content: []byte("/etc/passwd"), mode: mode}), plugpack.CodeNotAFile}
	}
	all["a folder by its name"] = hostile{with(t, entry{name: "docs/folder/"}), plugpack.CodeNotAFile}
	all["an unknown method"] = hostile{patched(t, with(t, entry{name: "docs/x", content: []byte("x")}), "docs/x", 10, 12), plugpack.CodeNotAFile}
	shared := patched(t, with(t, entry{name: "docs/x", content: []byte("x")}), "docs/x", 22, 0xf)
	all["bytes that several share"] = hostile{shared, plugpack.CodeBomb}
	all["encrypted"] = hostile{patched(t, with(t, entry{name: "docs/x", content: []byte("x")}), "docs/x", 8, 9), plugpack.CodeNotAFile}
	many := good(t)
	for i := range 1100 {
		many = append(many, entry{name: fmt.Sprintf("docs/%d", i)})
	}
	all["too many files"] = hostile{zipped(t, many), plugpack.CodeTooMany}
	all["a bomb"] = hostile{with(t, entry{name: "docs/x", content: make([]byte, 8<<20)}), plugpack.CodeBomb}
	all["a huge size"] = hostile{with(t, entry{name: "docs/x", raw: []byte("x"), size: 1 << 30}), plugpack.CodeTooLarge}
	heavy := good(t)
	for i := range 4 {
		heavy = append(heavy, entry{name: fmt.Sprintf("docs/%d", i), raw: make([]byte, 1<<20), size: 150 << 20})
	}
	all["huge together"] = hostile{zipped(t, heavy), plugpack.CodeTooLarge}
	lied := good(t)
	for i, e := range lied {
		if e.name == "icon.svg" {
			lied[i].raw, lied[i].store, lied[i].size = []byte("<svg></svg>"), true, 6
		}
	}
	all["a size that is a lie"] = hostile{zipped(t, lied), plugpack.CodeUnreadable}
	all["a changed file"] = hostile{changed(t, "icon.svg", "svg", "SVG"), plugpack.CodeModified}
	all["a longer file"] = hostile{changed(t, "icon.svg", "svg", "svg>>"), plugpack.CodeModified}
	all["a changed program"] = hostile{changed(t, "bin/"+runtime.GOOS+"-"+runtime.GOARCH+"/depot", "false", "faLse"), plugpack.CodeModified}
	all["an extra file"] = hostile{with(t, entry{name: "docs/extra.md", content: []byte("x")}), plugpack.CodeExtra}
	all["an extra program"] = hostile{with(t, entry{name: "bin/plan9-arm/depot", content: []byte("x")}), plugpack.CodeExtra}
	var fewer, bare []entry
	for _, e := range good(t) {
		if e.name != "icon.svg" {
			fewer = append(fewer, e)
		}
		if e.name != "package.json" {
			bare = append(bare, e)
		}
	}
	all["a missing file"] = hostile{zipped(t, fewer), plugpack.CodeMissing}
	all["no manifest"] = hostile{zipped(t, bare), plugpack.CodeNoManifest}
	all["a newer format"] = hostile{changed(t, "package.json", `"format": 1`, `"format": 3, "shape": {"of": "things"}`), plugpack.CodeNewer}
	all["an unknown member"] = hostile{changed(t, "package.json", `"format": 1`, `"format": 1, "run": "me"`), plugpack.CodeManifest}
	all["a member twice"] = hostile{changed(t, "package.json", `"format": 1`, `"format": 1, "format": 1`), plugpack.CodeManifest}
	all["another writing"] = hostile{changed(t, "package.json", `"format": 1`, `"format":1`), plugpack.CodeManifest}
	all["something behind it"] = hostile{changed(t, "package.json", "]\n}\n", "]\n}\n{}"), plugpack.CodeManifest}
	all["no JSON"] = hostile{changed(t, "package.json", "{", "["), plugpack.CodeManifest}
	all["another name"] = hostile{changed(t, "package.json", `"version": "1.2.0"`, `"version": "1.3.0"`), plugpack.CodeIdentity}
	all["a name that is a path"] = hostile{changed(t, "package.json", `"name": "depot"`, `"name": "../depot"`), plugpack.CodeManifest}
	all["a version that is a path"] = hostile{changed(t, "package.json", `"version": "1.2.0"`, `"version": "1.2.0/.."`), plugpack.CodeManifest}
	all["no secrets named"] = hostile{changed(t, "package.json", "[\n   \"token\"\n  ]", "[]"), plugpack.CodeIdentity}
	all["another place for the program"] = hostile{changed(t, "package.json", `"path": "bin/`, `"path": "icon.svg`), plugpack.CodeManifest}
	all["a broken signature"] = hostile{with(t, entry{name: "signature.json", content: []byte("{}")}), plugpack.CodeSignature}
	whole := plugpacktest.Pack(t, plugpacktest.Folder("depot", "1.2.0"))
	all["empty"] = hostile{nil, plugpack.CodeUnreadable}
	all["no zip file"] = hostile{[]byte(strings.Repeat("words ", 100)), plugpack.CodeUnreadable}
	all["cut"] = hostile{whole[:len(whole)-100], plugpack.CodeUnreadable}
	all["something before it"] = hostile{append([]byte("#!/bin/sh\n"), whole...), plugpack.CodeUnreadable}
	all["something behind"] = hostile{append(append([]byte{}, whole...), "more"...), plugpack.CodeUnreadable}
	commented := append(append([]byte{}, whole...), "hello"...)
	binary.LittleEndian.PutUint16(commented[len(whole)-2:], 5)
	all["a comment"] = hostile{commented, plugpack.CodeUnreadable}
	broken := append([]byte{}, whole...)
	copy(broken[60:], "\xff\xff\xff\xff\xff\xff\xff\xff")
	all["broken bytes"] = hostile{broken, plugpack.CodeUnreadable}
	return all
}

// patched changes a 16-bit number in the directory's record of a name.
func patched(t testing.TB, content []byte, name string, offset int, to uint16) []byte {
	t.Helper()
	at := bytes.LastIndex(content, []byte(name)) - 46
	if at < 0 || !bytes.HasPrefix(content[at:], []byte("PK\x01\x02")) {
		t.Fatal("no record")
	}
	binary.LittleEndian.PutUint16(content[at+offset:], to)
	return content
}

func TestHostilePackagesAreRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range corpus(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := plugpack.Open(bytes.NewReader(tt.content), int64(len(tt.content)))
			if err == nil {
				err = p.Verify(t.Context())
			}
			f := codeIs(t, err, tt.code)
			if f.Hint == "" || f.Class != fault.Data && f.Class != fault.Config {
				t.Errorf("%v has hint %q and class %q", f, f.Hint, f.Class)
			}
		})
	}
}

// A file of which only the size is known is not read.
func TestAHugePackageIsNotRead(t *testing.T) {
	t.Parallel()
	_, err := plugpack.Open(unread{t}, plugpack.MaxSize+1)
	_ = codeIs(t, err, plugpack.CodeTooLarge)
}

type unread struct{ t *testing.T }

func (u unread) ReadAt([]byte, int64) (int, error) {
	u.t.Error("it is read")
	return 0, nil
}

// Whatever the bytes are, nothing is unpacked beyond what was announced and bounded,
// and what passes is a package that is written out as it is.
func FuzzOpen(f *testing.F) {
	for _, c := range corpus(f) {
		if len(c.content) < 1<<16 {
			f.Add(c.content)
		}
	}
	f.Add(plugpacktest.Sign(f, plugpacktest.Key(f, "house"), plugpacktest.Pack(f, plugpacktest.Folder("depot", "1.2.0"))))
	f.Add(plugpacktest.Pack(f, plugpacktest.Definition("depot", "1.2.0")))
	f.Fuzz(func(t *testing.T, content []byte) {
		p, err := plugpack.Open(bytes.NewReader(content), int64(len(content)))
		if err == nil {
			err = p.Verify(t.Context())
		}
		if err != nil {
			if f := fault.From(err); f.Code == "internal.unexpected" || f.Message == "" {
				t.Errorf("an uncoded refusal: %v", err)
			}
			return
		}
		total := int64(0)
		for _, f := range p.Manifest.Files {
			if total += f.Size; !filepath.IsLocal(f.Path) || strings.Contains(f.Path, "\\") || total > 512<<20 {
				t.Errorf("%q passes", f.Path)
			}
		}
		again := &bytes.Buffer{}
		if err := p.WriteSigned(again, p.Signature); err != nil {
			t.Error(err)
		}
		if q := open(t, again.Bytes()); q.Sum != p.Sum || q.Verify(t.Context()) != nil {
			t.Error("written out it is another package")
		}
	})
}

// A manifest that is taken is written in its one form, and says nothing that it may not.
func FuzzParseManifest(f *testing.F) {
	p := open(f, plugpacktest.Pack(f, plugpacktest.Folder("depot", "1.2.0")))
	f.Add(p.Text)
	f.Add(open(f, plugpacktest.Pack(f, plugpacktest.Definition("depot", "1.2.0"))).Text)
	f.Add([]byte(`{"format":1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := plugpack.ParseManifest(text)
		if err != nil {
			if code := fault.CodeOf(err); code != plugpack.CodeManifest && code != plugpack.CodeNewer {
				t.Errorf("an uncoded refusal: %v", err)
			}
			return
		}
		if again, err := m.Canonical(); err != nil || !bytes.Equal(again, text) {
			t.Errorf("another form: %s, %v", again, err)
		}
		if !filepath.IsLocal(m.Name) || !filepath.IsLocal(m.Version) || filepath.Base(m.Version) != m.Version {
			t.Errorf("%q %q", m.Name, m.Version)
		}
		for _, program := range m.Programs {
			if _, ok := m.File(program.Path); !ok {
				t.Errorf("%s is not listed", program.Path)
			}
		}
	})
}
