package spreadsheet

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/karezflow/karez/sdk/fault"
)

// book is an open workbook.
type book struct {
	parts map[string]*zip.File
	// left is how many bytes may still be unpacked.
	left, limit int64
	sheets      []sheet
	// from1904 counts days from 1904 instead of 1900.
	from1904 bool
	strings  string // the parts, "" when there is none
	styles   string
}

type sheet struct {
	name, part string
	hidden     bool
}

// openBook prepares to read a workbook.
func (r *Reader) openBook(in io.ReaderAt, size int64, o Options) error {
	archive, err := zip.NewReader(in, size)
	if err != nil {
		return unreadable(err, "zip")
	}
	b := &book{parts: map[string]*zip.File{}, left: o.Limits.Bytes, limit: o.Limits.Bytes}
	for _, f := range archive.File {
		b.parts[strings.ToLower(strings.TrimPrefix(f.Name, "/"))] = f
	}
	if err := b.readWorkbook(); err != nil {
		return err
	}
	for _, s := range b.sheets {
		r.sheets = append(r.sheets, s.name)
	}
	wanted := slices.IndexFunc(b.sheets, func(s sheet) bool { return s.name == o.Sheet || o.Sheet == "" && !s.hidden })
	if wanted < 0 {
		return fault.New("sheet.missing", "the workbook has no sheet %q", o.Sheet).Classed(fault.Config).
			Hinted("it has: %s", strings.Join(r.sheets, ", "))
	}
	dates, err := b.readStyles()
	if err != nil {
		return err
	}
	shared, err := b.readStrings(o.Limits.Texts)
	if err != nil {
		return err
	}
	spent := b.left
	r.each = func(emit func(Row) error) error {
		b.left = spent // what reading the rows takes, it takes each time
		return (&sheetReader{book: b, dates: dates, shared: shared, cells: r.limits.Cells, cellsLeft: r.limits.Cells}).read(b.sheets[wanted], emit)
	}
	return nil
}

// scan reads a part's XML token by token. A part that is not there is "sheet.unreadable".
func (b *book) scan(part string, each func(*xml.Decoder, xml.Token) error) error {
	f := b.parts[strings.ToLower(part)]
	if f == nil {
		return unreadable(nil, path.Base(part))
	}
	in, err := f.Open()
	if err != nil {
		return unreadable(err, part)
	}
	defer func() { _ = in.Close() }() // it was only read
	d := xml.NewDecoder(&bounded{in, b})
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = each(d, token)
		}
		if err == nil {
			continue
		}
		if _, coded := errors.AsType[*fault.Fault](err); coded || errors.Is(err, errEnough) || errors.Is(err, errRead) {
			return err
		}
		return unreadable(err, part)
	}
}

// errRead ends a part of which nothing more is wanted.
const errRead = enough("read")

// bounded reads what is packed as long as the workbook may be unpacked.
type bounded struct {
	in io.Reader
	b  *book
}

// Read implements io.Reader.
func (r *bounded) Read(p []byte) (int, error) {
	n, err := r.in.Read(p)
	if r.b.left -= int64(n); r.b.left < 0 {
		return 0, tooLarge("bytes", r.b.limit)
	}
	return n, err
}

// relation is one part that another refers to.
type relation struct{ kind, part string }

// relations reads what a part refers to, by id. No file is no relations.
func (b *book) relations(part string) (map[string]relation, error) {
	found := map[string]relation{}
	folder, name := path.Split(part)
	list := folder + "_rels/" + name + ".rels"
	if b.parts[strings.ToLower(list)] == nil {
		return found, nil
	}
	err := b.scan(list, func(_ *xml.Decoder, token xml.Token) error {
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "Relationship" {
			target := attr(e, "Target")
			if !strings.HasPrefix(target, "/") {
				target = path.Join("/", folder, target)
			}
			kind := attr(e, "Type")
			found[attr(e, "Id")] = relation{kind[strings.LastIndex(kind, "/")+1:], strings.TrimPrefix(path.Clean(target), "/")}
		}
		return nil
	})
	return found, err
}

func (b *book) readWorkbook() error {
	top, err := b.relations("")
	if err != nil {
		return err
	}
	part := "xl/workbook.xml"
	for _, r := range top {
		if r.kind == "officeDocument" {
			part = r.part
		}
	}
	related, err := b.relations(part)
	if err != nil {
		return err
	}
	for _, r := range related {
		switch r.kind {
		case "sharedStrings":
			b.strings = r.part
		case "styles":
			b.styles = r.part
		}
	}
	return b.scan(part, func(_ *xml.Decoder, token xml.Token) error {
		e, ok := token.(xml.StartElement)
		switch {
		case !ok:
		case e.Name.Local == "workbookPr":
			b.from1904 = truth(attr(e, "date1904"))
		case e.Name.Local == "sheet":
			// The id of the sheet itself is sheetId; id is that of the relation.
			if r := related[attr(e, "id")]; r.kind == "worksheet" {
				state := attr(e, "state")
				b.sheets = append(b.sheets, sheet{attr(e, "name"), r.part, state == "hidden" || state == "veryHidden"})
			}
		}
		return nil
	})
}

// readStrings reads the texts that cells share.
func (b *book) readStrings(most int64) ([]string, error) {
	if b.strings == "" {
		return nil, nil
	}
	const each = 16 // what a text takes beside its bytes
	var shared []string
	left := most
	return shared, b.scan(b.strings, func(d *xml.Decoder, token xml.Token) error {
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "si" {
			text, err := richText(d)
			if left -= int64(len(text)) + each; err == nil && left < 0 {
				return tooLarge("bytes of texts", most)
			}
			shared = append(shared, text)
			return err
		}
		return nil
	})
}

// richText reads the text of an element that was begun, without how it is pronounced.
func richText(d *xml.Decoder) (string, error) {
	var text strings.Builder
	depth, inText, phonetic := 1, false, 0
	for depth > 0 {
		token, err := d.Token()
		if err != nil {
			return "", noEnd(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			depth++
			inText = e.Name.Local == "t"
			if e.Name.Local == "rPh" {
				phonetic = depth
			}
		case xml.EndElement:
			if depth == phonetic {
				phonetic = 0
			}
			depth--
			inText = false
		case xml.CharData:
			if inText && phonetic == 0 {
				text.Write(e)
			}
		}
	}
	return unescape(text.String()), nil
}

// noEnd makes an error of a part that ends too early.
func noEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// unescape reads _x000D_ and its like, which stand for characters that XML has not.
func unescape(text string) string {
	if !strings.Contains(text, "_x") {
		return text
	}
	var out strings.Builder
	for {
		i := strings.Index(text, "_x")
		if i < 0 || len(text) < i+7 {
			return out.String() + text
		}
		code, err := strconv.ParseUint(text[i+2:i+6], 16, 16)
		if err != nil || text[i+6] != '_' {
			out.WriteString(text[:i+2])
			text = text[i+2:]
			continue
		}
		out.WriteString(text[:i] + string(rune(uint16(code))))
		text = text[i+7:]
	}
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func truth(text string) bool { return text == "1" || text == "true" }
