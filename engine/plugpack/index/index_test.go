package index_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/plugpack"
	"github.com/karezflow/karez/engine/plugpack/index"
	"github.com/karezflow/karez/engine/plugpack/plugpacktest"
	"github.com/karezflow/karez/sdk/fault"
)

func folder(t *testing.T) fstest.MapFS {
	t.Helper()
	f := fstest.MapFS{"readme.txt": {Data: []byte("x")}, "old/depot.kzp": {Data: []byte("x")}}
	for _, v := range []string{"1.2.0", "1.10.0", "2.0.0-rc1"} {
		f["depot-"+v+".kzp"] = &fstest.MapFile{Data: plugpacktest.Sign(t, plugpacktest.Key(t, "house"), plugpacktest.Pack(t, plugpacktest.Folder("depot", v)))}
	}
	f["shop.kzp"] = &fstest.MapFile{Data: plugpacktest.Pack(t, plugpacktest.Folder("shop", "3.0.0"))}
	return f
}

func build(t *testing.T, f fstest.MapFS) *index.Index {
	t.Helper()
	text, err := index.Build(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	again, err := index.Build(t.Context(), f)
	if err != nil || !bytes.Equal(text, again) {
		t.Errorf("another list of the same files: %v", err)
	}
	list, err := index.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestPick(t *testing.T) {
	t.Parallel()
	list := build(t, folder(t))
	var names []string
	for _, e := range list.Packages {
		names = append(names, e.File)
	}
	if diff := cmp.Diff([]string{"depot-1.2.0.kzp", "depot-1.10.0.kzp", "depot-2.0.0-rc1.kzp", "shop.kzp"}, names); diff != "" {
		t.Error(diff)
	}
	here := list.Packages[0].Platforms[0]
	all := []int{1}
	for want, file := range map[string]string{"": "depot-1.10.0.kzp", "1": "depot-1.10.0.kzp", "1.2": "depot-1.2.0.kzp", "2.0.0-rc1": "depot-2.0.0-rc1.kzp", "2": "", "9": ""} {
		e, err := list.Pick("depot", want, here, all)
		if e.File != file || (err == nil) != (file != "") || err != nil && fault.CodeOf(err) != index.CodeAbsent {
			t.Errorf("%q gives %q, %v", want, e.File, err)
		}
	}
	if _, err := list.Pick("depot", "", "plan9/arm", all); fault.CodeOf(err) != index.CodeAbsent {
		t.Error(err)
	}
	if _, err := list.Pick("depot", "", here, []int{2}); fault.CodeOf(err) != index.CodeAbsent {
		t.Error(err)
	}
}

// A definition is found on every platform, and passed over where its form is not known.
func TestPickADefinition(t *testing.T) {
	t.Parallel()
	f := fstest.MapFS{}
	for _, v := range []string{"1.0.0", "1.1.0"} {
		f["depot-"+v+".kzp"] = &fstest.MapFile{Data: plugpacktest.Pack(t, plugpacktest.Definition("depot", v))}
	}
	list := build(t, f)
	e := list.Packages[1]
	if e.Definition != 1 || e.SDK != (plugpack.Range{}) || len(e.Platforms) > 0 {
		t.Errorf("%+v", e)
	}
	if got, err := list.Pick("depot", "", "plan9/arm", nil); err != nil || got.File != e.File {
		t.Errorf("%+v %v", got, err)
	}
	list.Packages[1].Definition = 2
	if got, err := list.Pick("depot", "", "plan9/arm", nil); err != nil || got.Version != "1.0.0" {
		t.Errorf("%+v %v", got, err)
	}
	// Who knows of programs only finds none, rather than one that can't be started.
	list.Packages[1].Definition = 0
	if _, err := list.Pick("depot", "1.1.0", "plan9/arm", []int{1}); fault.CodeOf(err) != index.CodeAbsent {
		t.Error(err)
	}
}

func TestFetch(t *testing.T) {
	t.Parallel()
	f := folder(t)
	e := build(t, f).Packages[0]
	content := f[e.File].Data
	var out bytes.Buffer
	if err := e.Fetch(&out, bytes.NewReader(content)); err != nil || !bytes.Equal(out.Bytes(), content) {
		t.Error(err)
	}
	for name, other := range map[string][]byte{"longer": append(bytes.Clone(content), 0), "shorter": content[1:], "other": append(bytes.Clone(content[1:]), 0)} {
		if err := e.Fetch(&out, bytes.NewReader(other)); fault.CodeOf(err) != index.CodeMismatch {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	twice := folder(t)
	twice["copy.kzp"] = twice["shop.kzp"]
	if _, err := index.Build(t.Context(), twice); fault.CodeOf(err) != index.CodeInvalid || !strings.Contains(err.Error(), "copy.kzp") {
		t.Error(err)
	}
	broken := folder(t)
	broken["broken.kzp"] = &fstest.MapFile{Data: []byte("words")}
	if _, err := index.Build(t.Context(), broken); fault.CodeOf(err) != plugpack.CodeUnreadable || !strings.Contains(err.Error(), "broken.kzp") {
		t.Error(err)
	}
	for text, code := range map[string]string{
		"": index.CodeInvalid, "[]": index.CodeInvalid, `{"format":2}`: plugpack.CodeNewer, `{"format":1,"packages":[{"file":"../x"}]}`: index.CodeInvalid,
		`{"format":1,"packages":[{"file":"http://x"}]}`: index.CodeInvalid, `{"format":1,"packages":[{"file":"x","size":-1}]}`: index.CodeInvalid, `{"format":1,"packages":[{"file":""}]}`: index.CodeInvalid,
	} {
		if _, err := index.Parse([]byte(text)); fault.CodeOf(err) != code {
			t.Errorf("%q: %v", text, err)
		}
	}
}
