package leaflet

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strings"

	"github.com/karezflow/karez/sdk/fault"
)

// Picture is an icon that may be shown as a picture, and as nothing else.
type Picture struct {
	// Type is the media type, by the file's content as well as by its name.
	Type string
	Body []byte
}

// Icon reads the icon of a name: "package.icon_too_large", "package.icon_kind" or
// "package.icon_unsafe" where it is not to be shown.
func Icon(files Files, name string) (Picture, error) {
	if size, err := files.Size(name); err != nil {
		return Picture{}, err
	} else if size > MaxIcon {
		return Picture{}, fault.New(CodeIconLarge, "the icon %s has %d KiB and may have %d", name, size>>10, MaxIcon>>10).At(name).
			Hinted("ask its publisher for a smaller one").Classed(fault.Config)
	}
	body, err := files.Read(name)
	if err != nil {
		return Picture{}, err
	}
	kind := kindOf(name, body)
	if kind == "" {
		return Picture{}, fault.New(CodeIconKind, "the icon %s is no SVG, PNG, JPEG or WebP picture", name).At(name).
			Hinted("ask its publisher for one that is what its name says").Classed(fault.Config)
	}
	if kind == svg {
		if why := unsafe(body); why != "" {
			return Picture{}, fault.New(CodeIconUnsafe, "the icon %s is not shown: it %s", name, why).At(name).
				Hinted("ask its publisher for a picture that only draws").Classed(fault.Config)
		}
	}
	return Picture{kind, body}, nil
}

const svg = "image/svg+xml"

// kindOf gives the media type of a picture whose content is what its name says, "" for another.
func kindOf(name string, body []byte) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".svg":
		return svg
	case ".png":
		if bytes.HasPrefix(body, []byte("\x89PNG\r\n\x1a\n")) {
			return "image/png"
		}
	case ".jpg", ".jpeg":
		if bytes.HasPrefix(body, []byte("\xff\xd8\xff")) {
			return "image/jpeg"
		}
	case ".webp":
		if len(body) > 12 && string(body[:4]) == "RIFF" && string(body[8:12]) == "WEBP" {
			return "image/webp"
		}
	}
	return ""
}

// draws reports whether an icon may have an element: none of these runs, loads or embeds anything.
func draws(element string) bool {
	switch element {
	case "svg", "g", "defs", "symbol", "use", "title", "desc", "metadata", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan",
		"lineargradient", "radialgradient", "stop", "clippath", "mask", "pattern", "marker", "filter", "style":
		return true
	}
	return strings.HasPrefix(element, "fe") // the parts of a filter
}

// unsafe tells what an SVG has that a drawing does not need, "" for nothing. Browsers run no
// script of a picture; it is refused all the same, as whoever put it there meant no picture.
func unsafe(body []byte) string {
	decoder := xml.NewDecoder(bytes.NewReader(body))
	begun := false
	for depth := 0; ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) && begun {
			return ""
		}
		if err != nil {
			return "is no whole XML document"
		}
		switch t := token.(type) {
		case xml.StartElement:
			if why := unsafeIn(t, depth == 0); why != "" {
				return why
			}
			begun = true
			depth++
		case xml.EndElement:
			depth--
		case xml.Directive:
			return "has a document type"
		case xml.ProcInst:
			if t.Target != "xml" {
				return "has an instruction " + t.Target
			}
		}
	}
}

func unsafeIn(element xml.StartElement, first bool) string {
	name := strings.ToLower(element.Name.Local)
	switch {
	case first && name != "svg":
		return "is no SVG document"
	case !draws(name):
		return "has an element " + name
	}
	for _, a := range element.Attr {
		name, value := strings.ToLower(a.Name.Local), strings.ToLower(strings.TrimSpace(a.Value))
		switch {
		case strings.HasPrefix(name, "on"):
			return "reacts by " + name
		case (name == "href" || name == "src") && !strings.HasPrefix(value, "#"):
			return "refers to something outside"
		case strings.Contains(value, "javascript:"):
			return "has a script"
		}
	}
	return ""
}
