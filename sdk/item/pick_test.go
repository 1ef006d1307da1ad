package item_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/sdk/item"
)

func TestPick(t *testing.T) {
	t.Parallel()
	pick, lines, lots := item.NewPick(), item.NewPick(), item.NewPick()
	key, note, list := pick.Slot("key"), pick.Slot("note"), pick.Slot("lines")
	sku, inner := lines.Slot("sku"), lines.Slot("lots")
	no := lots.Slot("no")
	pick.SetList(list, lines)
	lines.SetList(inner, lots)
	if pick.Slot("note") != note || pick.List(list) != lines || pick.List(note) != nil {
		t.Fatal("a member has two slots, or a list is lost")
	}

	var got item.Picked
	got.Read(pick, item.Of([]byte(bill)))
	if s := got.Slot(key).Text() + "|" + got.Slot(note).Text(); s != "escaped name|line\nbreak 中 \"quoted\"" {
		t.Errorf("members %q", s)
	}
	read := got.List(list)
	if len(read) != 4 {
		t.Fatalf("%d lines, want 4", len(read))
	}
	if s := string(read[0].Slot(sku).Raw()) + string(read[1].Slot(sku).Raw()); s != `"A""B"` {
		t.Errorf("lines %s", s)
	}
	if s := string(read[0].List(inner)[1].Slot(no).Raw()); s != `"L2"` {
		t.Errorf("the second lot is %s", s)
	}
	if read[1].Slot(inner).Kind() != item.None || len(read[1].List(inner)) != 0 {
		t.Error("the second line has lots")
	}
	if read[2].Slot(sku).Kind() != item.None || string(read[2].Self().Raw()) != "7" || string(read[3].Self().Raw()) != "[8, 9]" {
		t.Error("lines that are no objects are read wrong")
	}

	// What the document before had must not show through.
	got.Read(pick, item.Of([]byte(`{"lines":null,"note":1}`)))
	if got.Slot(key).Kind() != item.None || len(got.List(list)) != 0 || string(got.Slot(note).Raw()) != "1" {
		t.Error("a value of the record before is left")
	}
	got.Read(pick, item.Of([]byte(`{"lines":[{"lots":[{"no":3}]}],"lines":"none"}`)))
	if len(got.List(list)) != 0 || got.Slot(list).Text() != "none" {
		t.Error("of repeated members the first one's lines are left")
	}
	got.Read(pick, item.Of([]byte(`[1]`)))
	if got.Slot(note).Kind() != item.None || string(got.Self().Raw()) != "[1]" {
		t.Error("a value that is no object has members")
	}
	got.Read(item.NewPick(), item.Of([]byte(bill)))
}

// A Picked finds what Field and Elements find, whatever it read before.
func TestPickAgreesWithField(t *testing.T) {
	t.Parallel()
	names := []string{"a", "b", "lines", "名", `q"`, "a.b"}
	rapid.Check(t, func(t *rapid.T) {
		pick, lines := item.NewPick(), item.NewPick()
		wanted := rapid.SliceOfNDistinct(rapid.SampledFrom(names), 1, 6, rapid.ID).Draw(t, "wanted")
		for _, n := range wanted {
			pick.Slot(n)
		}
		pick.SetList(pick.Slot("lines"), lines)
		lines.Slot("a")
		var got item.Picked
		for range rapid.IntRange(1, 4).Draw(t, "documents") {
			doc := item.Of(document(t, names))
			got.Read(pick, doc)
			for _, n := range wanted {
				if want := doc.Field(n); string(got.Slot(pick.Slot(n)).Raw()) != string(want.Raw()) {
					t.Fatalf("%s of %s: %s, want %s", n, doc.Raw(), got.Slot(pick.Slot(n)).Raw(), want.Raw())
				}
			}
			i := 0
			for e := range doc.Field("lines").Elements() {
				line := got.List(pick.Slot("lines"))[i]
				if string(line.Self().Raw()) != string(e.Raw()) || string(line.Slot(0).Raw()) != string(e.Field("a").Raw()) {
					t.Fatalf("line %d of %s differs", i, doc.Raw())
				}
				i++
			}
			if len(got.List(pick.Slot("lines"))) != i {
				t.Fatalf("%s has %d lines, want %d", doc.Raw(), len(got.List(pick.Slot("lines"))), i)
			}
		}
	})
}

// document draws an object with repeated members, lists and odd white space.
func document(t *rapid.T, names []string) []byte {
	space := rapid.SampledFrom([]string{"", "", " ", "\n\t"})
	doc := []byte("{")
	for i := range rapid.IntRange(0, 6).Draw(t, "members") {
		if i > 0 {
			doc = append(append(doc, ','), space.Draw(t, "space")...)
		}
		doc = item.AppendText(doc, rapid.SampledFrom(names).Draw(t, "name"))
		doc = append(append(append(doc, space.Draw(t, "space")...), ':'), space.Draw(t, "space")...)
		doc = append(doc, rapid.SampledFrom([]string{
			`1`, `"x"`, `null`, `{}`, `[]`, `"\"},{"`, `[ {"a":1} , {"b":[{"a":2}],"a":"]"}, 3 ]`, `{"a":{"a":[1]}}`, `"汉\\"`,
		}).Draw(t, "value")...)
		doc = append(doc, space.Draw(t, "space")...)
	}
	return append(doc, '}')
}
