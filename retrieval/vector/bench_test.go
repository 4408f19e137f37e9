package vector

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"rapporteur/qa"
)

// BenchmarkRank prints the median time of a query for ten hits on one core, by size of library, and with
// filters that leave a part of it; BenchmarkSync what the index costs to make and to keep:
//
//	go test ./retrieval/vector -run - -bench . -cpu 1
func BenchmarkRank(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		l, m := large(n)
		x := synced(b, l, Options{})
		queries := m.draws(100)
		for _, s := range recallScopes(l)[:4] {
			b.Run(fmt.Sprintf("%d/%s", n, s.name), func(b *testing.B) {
				b.ReportAllocs()
				var times []time.Duration
				for i := 0; b.Loop(); i++ {
					start := time.Now()
					rank(b, x, s.scope, queries[i%len(queries)], 10)
					times = append(times, time.Since(start))
				}
				slices.Sort(times)
				b.ReportMetric(float64(times[len(times)/2].Nanoseconds())/1e3, "p50-µs")
			})
		}
		b.Run(fmt.Sprintf("%d/hundred hits", n), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				rank(b, x, everything, queries[i%len(queries)], 100)
			}
		})
	}
}

// BenchmarkScores prints the time to score 200 chunks.
func BenchmarkScores(b *testing.B) {
	l, m := large(100_000)
	x := synced(b, l, Options{})
	query := m.draw()
	var ids []qa.ChunkID
	for i := range 200 {
		ids = append(ids, qa.ChunkID(1+i*487))
	}
	for b.Loop() {
		scores(b, x, query, ids)
	}
}

func BenchmarkSync(b *testing.B) {
	l, _ := large(100_000)
	rows := float64(l.nextID)
	for b.Loop() {
		before := heap()
		start := time.Now()
		x := synced(b, l, Options{})
		b.ReportMetric(rows/time.Since(start).Seconds(), "vectors/s")
		b.ReportMetric(float64(heap()-before)/rows, "B/vector")
		runtime.KeepAlive(x)
	}
}

// BenchmarkPublish prints the time that a document of 20 chunks takes to be found in a library of 100,000,
// merges of segments among them.
func BenchmarkPublish(b *testing.B) {
	l, m := large(100_000)
	x := synced(b, l, Options{})
	vectors := m.draws(20)
	for i := 0; b.Loop(); i++ {
		l.add(fmt.Sprintf("new/n%d.1", i), vectors...)
		if err := x.Sync(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
