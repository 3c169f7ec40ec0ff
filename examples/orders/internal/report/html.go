package report

import (
	"html"

	"example.com/orders/internal/pricing"
)

// Markup is HTML that needs no more escaping.
type Markup string

// HTML is the report as a page with one table.
func HTML(title string, rows []Row) string {
	page := "<!DOCTYPE html>\n<html><head><title>" + html.EscapeString(title) + "</title></head>\n<body>\n<table>\n"
	page = page + "<tr>"
	for _, name := range csvColumns {
		page = page + "<th>" + name + "</th>"
	}
	page = page + "</tr>\n"
	for _, row := range cells(rows) {
		tr := ""
		for _, cell := range row {
			tr += "<td>" + html.EscapeString(cell) + "</td>"
		}
		page += "<tr>" + tr + "</tr>\n"
	}
	return page + "</table>\n</body></html>\n"
}

// Badges is the list of countries and their totals that goes above the table.
func Badges(rows []Row) Markup {
	var list Markup
	for _, r := range rows {
		list += Markup("<li>" + html.EscapeString(r.Country) + " " + pricing.Format(r.Total) + "</li>")
	}
	return "<ul>" + list + "</ul>"
}

// stars is the rating by items that shows in front of a big order, at most three.
func stars(items int) string {
	s := ""
	for i := 0; i < 3; i++ {
		if items >= 20*(i+1) {
			s += "*"
		}
	}
	return s
}
