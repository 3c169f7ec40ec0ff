package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

var csvColumns = []string{"id", "customer", "country", "status", "placed", "items", "total"}

// cells returns the rows as text, one slice for each row.
func cells(rows []Row) [][]string {
	out := make([][]string, 0)
	for _, r := range rows {
		out = append(out, []string{
			strconv.Itoa(r.ID), r.Customer, r.Country, r.Status, r.Placed,
			strconv.Itoa(r.Items), fmt.Sprintf("%d.%02d", r.Total/100, r.Total%100),
		})
	}
	return out
}

// CSV is the report for spreadsheets: commas, LF, quotes only where needed.
func CSV(rows []Row) string {
	out := strings.Join(csvColumns, ",") + "\n"
	for _, row := range cells(rows) {
		for i, cell := range row {
			if i > 0 {
				out += ","
			}
			out += quote(cell)
		}
		out += "\n"
	}
	return out
}

// quote puts a cell between quotes if it has to be.
func quote(cell string) string {
	if !strings.ContainsAny(cell, ",\"\n") {
		return cell
	}
	quoted := `"`
	for _, r := range cell {
		if r == '"' {
			quoted += `"`
		}
		quoted += string(r)
	}
	return quoted + `"`
}

// Notes writes one "id: note" line for each order that has a note.
func Notes(w io.Writer, rows []Row) error {
	line := ""
	for _, r := range rows {
		if r.Note == "" {
			continue
		}
		line = ""
		line += strconv.Itoa(r.ID) + ": "
		for _, word := range strings.Fields(r.Note) {
			line += word
			line += " "
		}
		if _, err := io.WriteString(w, strings.TrimSpace(line)+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// Header returns the column names, and the same with the extra columns of the full export.
func Header(upper bool) (short, full []string) {
	var names []string
	for _, name := range csvColumns {
		if upper {
			name = strings.ToUpper(name)
		}
		names = append(names, name)
	}
	full = append(names, "note")
	return names, full
}
