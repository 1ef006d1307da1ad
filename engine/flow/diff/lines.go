package diff

import (
	"slices"
	"strings"
)

// Hunk is a run of lines around a difference.
type Hunk struct {
	// Before and After are the numbers of its first line in both texts, from 1.
	Before int    `json:"before"`
	After  int    `json:"after"`
	Lines  []Line `json:"lines"`
}

// Line is a line of a text.
type Line struct {
	Kind Kind   `json:"kind" enum:"same,added,removed"`
	Text string `json:"text"`
}

// Same lines stand around those that differ.
const Same Kind = "same"

const (
	// around is how many same lines a hunk shows on each side.
	around = 3
	// mostCells bounds the work of comparing two texts: parts larger than that are told as
	// replaced.
	mostCells = 4_000_000
)

// Lines gives the hunks by which two texts differ, none where they are the same.
func Lines(before, after string) []Hunk {
	all := script(split(before), split(after))
	var out []Hunk
	a, b, end := 1, 1, 0 // the numbers of line i in both texts, and where the newest hunk ends
	for i, l := range all {
		if l.Kind != Same {
			from := max(i-around, end)
			if len(out) == 0 || from > end {
				out = append(out, Hunk{Before: a - (i - from), After: b - (i - from)}) // those before it are the same
			}
			upTo := min(i+1+around, len(all))
			h := &out[len(out)-1]
			h.Lines = append(h.Lines, all[max(from, end):upTo]...)
			end = upTo
		}
		if l.Kind != Added {
			a++
		}
		if l.Kind != Removed {
			b++
		}
	}
	return out
}

func split(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(strings.ReplaceAll(text, "\r\n", "\n"), "\n"), "\n")
}

// script gives all lines of both texts: the longest common ones are the same.
func script(a, b []string) []Line {
	var head, tail []Line
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		head, a, b = append(head, Line{Same, a[0]}), a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		tail = append(tail, Line{Same, a[len(a)-1]})
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	slices.Reverse(tail)
	return slices.Concat(head, middle(a, b), tail)
}

func middle(a, b []string) []Line {
	var out []Line
	if (len(a)+1)*(len(b)+1) > mostCells {
		for _, t := range a {
			out = append(out, Line{Removed, t})
		}
		for _, t := range b {
			out = append(out, Line{Added, t})
		}
		return out
	}
	// length[i][j] is how many lines a[i:] and b[j:] have in common.
	width := len(b) + 1
	length := make([]int32, (len(a)+1)*width)
	for i := range slices.Backward(a) {
		for j := range slices.Backward(b) {
			if a[i] == b[j] {
				length[i*width+j] = length[(i+1)*width+j+1] + 1
			} else {
				length[i*width+j] = max(length[(i+1)*width+j], length[i*width+j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			out = append(out, Line{Same, a[i]})
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && length[(i+1)*width+j] >= length[i*width+j+1]:
			out = append(out, Line{Removed, a[i]})
			i++
		default:
			out = append(out, Line{Added, b[j]})
			j++
		}
	}
	return out
}
