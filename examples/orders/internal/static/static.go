// Package static writes and serves the printed price list, a file of about a megabyte.
package static

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"example.com/orders/internal/pricing"
	"example.com/orders/internal/store"
)

// PriceList is the name of the file below the data directory.
const PriceList = "price-list.txt"

// Files serves the files of one directory.
type Files struct {
	Dir string
}

// Write makes the price list anew, terms repeated under each product as the trade register asks.
func (f Files) Write(products []store.Product, terms string) error {
	file, err := os.Create(filepath.Join(f.Dir, PriceList))
	if err != nil {
		return err
	}
	for _, p := range products {
		fmt.Fprintf(file, "%s  %-24s %12s\n", p.SKU, p.Name, pricing.Format(p.Price))
		fmt.Fprintln(file, terms)
	}
	return file.Close()
}

// ServeHTTP answers with the whole price list; it changes once a day, so clients may ask with its ETag.
func (f Files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	data, err := os.ReadFile(filepath.Join(f.Dir, PriceList))
	if errors.Is(err, fs.ErrNotExist) {
		http.Error(w, "no price list yet", http.StatusNotFound)
		return
	}
	if err != nil {
		http.Error(w, "price list cannot be read", http.StatusInternalServerError)
		return
	}
	sum := sha256.Sum256(data)
	etag := `"` + hex.EncodeToString(sum[:8]) + `"`
	w.Header().Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	w.Write(data)
}

// Count returns how often a word stands in the price list.
func (f Files) Count(word string) (int, error) {
	data, err := os.ReadFile(filepath.Join(f.Dir, PriceList))
	if err != nil {
		return 0, err
	}
	return bytes.Count(data, []byte(word)), nil
}

// Digest is the checksum of the price list that the printer compares.
func (f Files) Digest() (string, error) {
	file, err := os.Open(filepath.Join(f.Dir, PriceList))
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	chunk := make([]byte, 32<<10)
	for {
		n, err := file.Read(chunk)
		sum.Write(chunk[:n])
		if err == io.EOF {
			return hex.EncodeToString(sum.Sum(nil)), nil
		}
		if err != nil {
			return "", err
		}
	}
}

// Load returns the price list for the printer.
func (f Files) Load() ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(f.Dir, PriceList))
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	return data, nil
}

// Masked returns the price list with every digit replaced, for the public notice board.
func (f Files) Masked() (string, error) {
	data, err := os.ReadFile(filepath.Join(f.Dir, PriceList))
	if err != nil {
		return "", err
	}
	for i, b := range data {
		if b >= '0' && b <= '9' {
			data[i] = '#'
		}
	}
	return string(data), nil
}

// Terms returns the standard terms that go under each product, numbered.
func Terms(clauses []string) string {
	text := ""
	for i, clause := range clauses {
		text += "  (" + strconv.Itoa(i+1) + ") " + strings.TrimSpace(clause) + "\n"
	}
	return text
}
