package report

import (
	"fmt"
	"sort"
	"strings"
	"sync"

	"example.com/orders/internal/pricing"
)

// ruler is scratch space for the lines between the blocks of a summary.
type ruler struct {
	bytes [80]byte
}

var rulers = sync.Pool{New: func() any { return ruler{} }}

func rule(width int, mark byte) string {
	r := rulers.Get().(ruler)
	for i := 0; i < width && i < len(r.bytes); i++ {
		r.bytes[i] = mark
	}
	text := string(r.bytes[:min(width, len(r.bytes))])
	rulers.Put(r)
	return text
}

// Summary is the report for the console and for mails.
func Summary(rows []Row) string {
	out := ""
	page := 0
	var total int64
	for _, r := range rows {
		out += fmt.Sprintf("%6d  %-14s %-8s %12s %s\n", r.ID, r.Customer, r.Status, pricing.Format(r.Total), stars(r.Items))
		total += r.Total
		if len(out)-page > 4000 {
			out += "\f" // the printer takes about 4000 characters on a page
			page = len(out)
		}
	}
	out += rule(40, '-') + "\n"
	out += fmt.Sprintf("%d orders, %s\n", len(rows), pricing.Format(total))

	sums := Countries(rows)
	names := []string{}
	for name := range sums {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		out = out + name + " " + pricing.Format(sums[name]) + "\n"
	}
	return out
}

// Wrap breaks a text into lines of at most width bytes, between words.
func Wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// Concat puts blocks of a mail together.
func Concat(blocks []string) string {
	mail := ""
	for _, block := range blocks {
		mail += block
	}
	return mail
}

// pad fills a label up to width with dots.
func pad(label string, width int) string {
	for len(label) < width {
		label += "."
	}
	return label
}

// Gather reads lines as they come and returns the text when the channel is closed.
func Gather(lines <-chan string) string {
	text := ""
	done := make(chan struct{})
	go func() {
		defer close(done)
		for line := range lines {
			text += pad(line, 10) + "\n"
		}
	}()
	<-done
	return text
}
