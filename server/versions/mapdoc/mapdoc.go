// Package mapdoc writes the mapping document of a flow as a workbook or as Markdown.
//
// What stands in a document comes from other systems and from people: in a workbook every cell
// is a text, and in Markdown nothing of it is markup.
//
// It may import sdk/spreadsheet only.
package mapdoc

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/karezflow/karez/sdk/spreadsheet"
)

// Book is a mapping document in the language of its reader.
type Book struct {
	Title string
	// Overview names the sheet of a workbook that holds the facts of all sections.
	Overview string
	Sections []Section
}

// Section is about one part of the flow.
type Section struct {
	Title  string
	Facts  []Fact
	Tables []Table
}

// Fact is one thing with its name.
type Fact struct{ Name, Value string }

// Table is a table under its headings. In a workbook it is a sheet of its own, called Sheet or
// as the table.
type Table struct {
	Title, Sheet string
	Heading      []string
	Rows         [][]string
}

// Markdown writes the document as Markdown.
func (b Book) Markdown(out io.Writer) error {
	var text bytes.Buffer
	text.WriteString("# " + escape(b.Title) + "\n")
	for _, s := range b.Sections {
		text.WriteString("\n## " + escape(s.Title) + "\n")
		if len(s.Facts) > 0 {
			text.WriteString("\n")
		}
		for _, f := range s.Facts {
			text.WriteString("- " + escape(f.Name) + ": " + escape(f.Value) + "\n")
		}
		for _, t := range s.Tables {
			if t.Title != "" {
				text.WriteString("\n### " + escape(t.Title) + "\n")
			}
			text.WriteString("\n")
			line(&text, t.Heading)
			text.WriteString("|" + strings.Repeat(" --- |", len(t.Heading)) + "\n")
			for _, row := range t.Rows {
				line(&text, row)
			}
		}
	}
	_, err := out.Write(text.Bytes())
	return err
}

func line(text *bytes.Buffer, cells []string) {
	text.WriteString("|")
	for _, c := range cells {
		text.WriteString(" " + escape(c) + " |")
	}
	text.WriteString("\n")
}

// escape keeps a text from being taken for markup. The mapping studio reads it back.
func escape(text string) string {
	var out strings.Builder
	word := false // the character before is part of a word
	for _, r := range strings.ToValidUTF8(strings.ReplaceAll(text, "\r\n", "\n"), "\uFFFD") {
		switch r {
		case '\\', '|', '<', '*', '`', '[', '&', '#', '~':
			out.WriteRune('\\')
			out.WriteRune(r)
		case '_':
			if !word {
				out.WriteRune('\\')
			}
			out.WriteRune(r)
		case '\n', '\r':
			out.WriteString("<br>")
		default:
			out.WriteRune(r)
		}
		word = r == '_' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= utf8.RuneSelf
	}
	return out.String()
}

// Workbook writes the document as a workbook: the facts on the first sheet, then a sheet a table.
func (b Book) Workbook(out io.Writer) error {
	book := spreadsheet.NewBook(out)
	names := map[string]bool{}
	overview, err := book.Sheet(spreadsheet.WriteOptions{Sheet: sheetName(b.Overview, names), Heading: true, Widths: []float64{30, 24, 80}})
	if err != nil {
		return err
	}
	if err := overview.Write(b.Title, "", ""); err != nil {
		return err
	}
	for _, s := range b.Sections {
		for _, f := range s.Facts {
			if err := overview.Write(s.Title, f.Name, cell(f.Value)); err != nil {
				return err
			}
		}
	}
	for _, s := range b.Sections {
		for _, t := range s.Tables {
			if err := t.write(book, s, names); err != nil {
				return err
			}
		}
	}
	return book.Close()
}

func (t Table) write(book *spreadsheet.Book, s Section, names map[string]bool) error {
	widths := make([]float64, len(t.Heading))
	for i := range widths {
		widths[i] = 28
	}
	widths[len(widths)-1] = 60
	title := t.Sheet
	if title == "" {
		title = t.Title
	}
	if title == "" {
		title = s.Title
	}
	w, err := book.Sheet(spreadsheet.WriteOptions{Sheet: sheetName(title, names), Heading: true, Widths: widths})
	if err != nil {
		return err
	}
	for _, row := range append([][]string{t.Heading}, t.Rows...) {
		cells := make([]string, len(row))
		for i, c := range row {
			cells[i] = cell(c)
		}
		if err := w.Write(cells...); err != nil {
			return err
		}
	}
	return nil
}

// What a workbook holds at most in a cell and in the name of a sheet, in characters.
const (
	mostCell  = 32_000
	mostSheet = 31
)

// cell cuts what no cell holds.
func cell(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if utf8.RuneCountInString(text) <= mostCell {
		return text
	}
	return string([]rune(text)[:mostCell]) + "…"
}

// sheetName makes a name that a workbook takes, and that none of its other sheets has.
func sheetName(title string, taken map[string]bool) string {
	clean := strings.Trim(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]`, r) || r < ' ' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(title, "")), "' ")
	if clean == "" {
		clean = "Sheet"
	}
	for n := 1; ; n++ {
		end := ""
		if n > 1 {
			end = " " + strconv.Itoa(n)
		}
		name := clean
		// A character outside of the basic plane counts twice.
		for length(name)+len(end) > mostSheet {
			_, size := utf8.DecodeLastRuneInString(name)
			name = name[:len(name)-size]
		}
		name = strings.TrimRight(name, "' ") + end
		if key := strings.ToLower(name); !taken[key] {
			taken[key] = true
			return name
		}
	}
}

func length(text string) (n int) {
	for _, r := range text {
		if n++; r > 0xFFFF {
			n++
		}
	}
	return n
}
