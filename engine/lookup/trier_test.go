package lookup_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// drawer is a shelf whose documents can be read as a whole.
type drawer struct {
	*shelf

	docs  []string
	many  bool
	reads int
	fails error
}

func (d *drawer) StreamDocuments(_ context.Context, stream ledger.ID, most int) ([][]byte, bool, error) {
	d.reads++
	if stream != 7 || most < 1000 {
		return nil, false, errors.New("another stream, or hardly any of it")
	}
	var out [][]byte
	for _, doc := range d.docs {
		out = append(out, []byte(doc))
	}
	return out, !d.many, d.fails
}

// TestTrier: what is indexed comes from the index, what is not from the documents.
func TestTrier(t *testing.T) {
	t.Parallel()
	d := &drawer{shelf: newShelf(), docs: []string{`{"colour":"red","no":"5"}`, `{"colour":"blue","no":"6"}`, `{"colour":"red","no":"7"}`}}
	try := lookup.NewTrier(lookup.New(d), d)
	indexed, red, none := in("name", "no", "1"), in("no", "colour", "red"), in("no", "colour", "grey")
	found, err := try.Answer(t.Context(), 1, []item.Lookup{indexed, red, none})
	if err != nil || len(found) != 3 {
		t.Fatal(found, err)
	}
	for l, want := range map[*item.Lookup][]string{&indexed: {"one"}, &red: {"5", "7"}, &none: nil} {
		var got []string
		for _, v := range found[l.Key()].Values {
			got = append(got, v.Text())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v found %v, want %v", l, got, want)
		}
	}
	if d.reads != 1 {
		t.Errorf("the documents are read %d times", d.reads)
	}
	d.many = true
	if _, err := try.Answer(t.Context(), 1, []item.Lookup{red}); fault.CodeOf(err) != "lookup.untried" {
		t.Errorf("of a large stream: %v", err)
	}
	d.fails = errors.New("the disk is full")
	if _, err := try.Answer(t.Context(), 1, []item.Lookup{red}); !errors.Is(err, d.fails) {
		t.Errorf("%v", err)
	}
	gone := in("no", "colour", "red")
	gone.From = "g.n"
	if _, err := try.Answer(t.Context(), 1, []item.Lookup{gone}); fault.CodeOf(err) != "lookup.stream_gone" {
		t.Errorf("%v", err)
	}
}
