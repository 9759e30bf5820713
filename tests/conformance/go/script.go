package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

// What the script of a behaviour takes: where the broker is.
type behaviour func(bootstrap string)

type named struct {
	name string
	run  behaviour
}

var behaviours []named

func add(name string, run behaviour) { behaviours = append(behaviours, named{name, run}) }

// Prints what is to be the same with every broker.
func see(what string, value any) { show(map[string]any{"what": what, "value": value}) }

func show(entry map[string]any) {
	line, err := json.Marshal(entry)
	must(err)
	fmt.Println(string(line))
}

// Ends the behaviour where there is an error.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

func check(holds bool, what string) {
	if !holds {
		panic(fmt.Errorf("%s", what))
	}
}

// Asks again and again until it is so.
func until(what string, ask func() bool) {
	deadline := time.Now().Add(30 * time.Second)
	for !ask() {
		check(time.Now().Before(deadline), what+": not within 30 s")
		time.Sleep(20 * time.Millisecond)
	}
}

// Text as it is; long bytes become their length and a hash.
func plain(value []byte) any {
	if value == nil {
		return nil
	}
	if len(value) <= 200 {
		return string(value)
	}
	sum := sha256.Sum256(value)
	return fmt.Sprintf("%d bytes, sha256 %s", len(value), hex.EncodeToString(sum[:8]))
}

// Bytes that are the same in each run, and do not compress to nothing.
func payload(at, size int) []byte {
	seed := fmt.Sprintf("record %d ", at)
	sum := sha256.Sum256([]byte(seed))
	filler := hex.EncodeToString(sum[:])
	return []byte((seed + strings.Repeat(filler, size/len(filler)+1))[:size])
}

func run(version string) {
	bootstrap := flag.String("bootstrap", "", "host:port")
	asked := flag.String("behaviour", "", "only the behaviours whose name contains this")
	flag.Parse()
	show(map[string]any{"version": version})
	for _, it := range behaviours {
		if !strings.Contains(it.name, *asked) {
			continue
		}
		show(map[string]any{"begin": it.name})
		func() {
			defer func() {
				if failed := recover(); failed != nil {
					fmt.Fprintf(os.Stderr, "--- %s\n%v\n", it.name, failed)
					show(map[string]any{"end": "failed", "why": fmt.Sprint(failed)})
					return
				}
				show(map[string]any{"end": "ok"})
			}()
			it.run(*bootstrap)
		}()
	}
}
