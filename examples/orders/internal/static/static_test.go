package static

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/orders/internal/store"
)

// files writes a price list of about 1.2 MB.
func files(t testing.TB) Files {
	t.Helper()
	f := Files{Dir: t.TempDir()}
	terms := Terms([]string{" Prices hold until the end of the month. ", strings.Repeat("Delivery within ten days. ", 20)})
	if err := f.Write(store.Seed(2000, 1, 0).Products(), terms); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestServe(t *testing.T) {
	f := files(t)
	want, err := os.ReadFile(filepath.Join(f.Dir, PriceList))
	if err != nil || len(want) < 1<<20 {
		t.Fatalf("price list of %d bytes, %v", len(want), err)
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, httptest.NewRequest("GET", "/price-list", nil))
	if w.Code != 200 || w.Body.String() != string(want) || w.Header().Get("Content-Length") != fmt.Sprint(len(want)) {
		t.Fatalf("code %d, %d bytes", w.Code, w.Body.Len())
	}
	again := httptest.NewRequest("GET", "/price-list", nil)
	again.Header.Set("If-None-Match", w.Header().Get("ETag"))
	w = httptest.NewRecorder()
	f.ServeHTTP(w, again)
	if w.Code != 304 || w.Body.Len() != 0 {
		t.Errorf("with the ETag: code %d, %d bytes", w.Code, w.Body.Len())
	}
}

func TestReaders(t *testing.T) {
	f := files(t)
	if n, err := f.Count("SKU-"); n != 2000 || err != nil {
		t.Errorf("Count = %d, %v", n, err)
	}
	masked, err := f.Masked()
	if err != nil || strings.ContainsAny(masked, "0123456789") || !strings.HasPrefix(masked, "SKU-####  Article #") {
		t.Errorf("Masked begins %.30q, %v", masked, err)
	}
	data, err := f.Load()
	if err != nil || !strings.HasPrefix(string(data), "SKU-0001  Article 1 ") {
		t.Fatalf("Load begins %.30q, %v", data, err)
	}
	if sum, err := f.Digest(); err != nil || sum != fmt.Sprintf("%x", sha256.Sum256(data)) {
		t.Errorf("Digest = %s, %v", sum, err)
	}
	data[0] = '!' // the printer's copy is its own
	if other, _ := f.Load(); other[0] != 'S' {
		t.Error("two loads share bytes")
	}
}

func TestMissingAndEmpty(t *testing.T) {
	f := Files{Dir: t.TempDir()}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, httptest.NewRequest("GET", "/price-list", nil))
	if w.Code != 404 || w.Body.String() != "no price list yet\n" {
		t.Errorf("missing: %d %q", w.Code, w.Body)
	}
	var pe *fs.PathError
	if _, err := f.Count("x"); !errors.As(err, &pe) || pe.Op != "open" || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	if err := f.Write(nil, ""); err != nil {
		t.Fatal(err)
	}
	if n, err := f.Count("x"); n != 0 || err != nil {
		t.Errorf("empty: %d, %v", n, err)
	}
}

func TestTerms(t *testing.T) {
	if got := Terms([]string{" a ", "b"}); got != "  (1) a\n  (2) b\n" {
		t.Errorf("Terms = %q", got)
	}
}

func TestDataDirs(t *testing.T) {
	dirs := DataDirs()
	if len(dirs) == 0 || filepath.Base(dirs[0]) != "orders" {
		t.Errorf("DataDirs = %q", dirs)
	}
}

func BenchmarkCount(b *testing.B) {
	f := files(b)
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		if _, err := f.Count("SKU-"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkServe(b *testing.B) {
	f := files(b)
	r := httptest.NewRequest("GET", "/price-list", nil)
	r.Header.Set("If-None-Match", "none")
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		f.ServeHTTP(httptest.NewRecorder(), r)
	}
}
