# The eight charts of the seed: gnuplot -e "folder='bench/results'" bench/import.gp
set terminal svg size 760,420 font "sans-serif,12" background "white"
set datafile separator ","
set style data histogram
set style histogram errorbars gap 1 lw 1
set style fill solid 0.85 border -1
set boxwidth 0.9
set key outside right top reverse Left
set grid y lc rgb "#dddddd"
set xlabel "bytes a sequence"
set yrange [0:*]
set border 3
set xtics nomirror
set ytics nomirror
array Way[6] = ["skip", "setref", "setmem", "newref", "newmem", "string"]
array Title[4] = ["CPU usage", "CPU usage of collection", "Memory allocated", "Memory used after collection"]
array Colour[6] = ["#999999", "#1b6ca8", "#63a4d4", "#c0504d", "#e0a030", "#6a9a3b"]
do for [mode in "gc nogc"] {
  data = folder."/import-".mode.".csv"
  title = mode eq "gc" ? "collector on" : "collector off"
  do for [c = 1:4] {
    name = word("cpu collection allocated used", c)
    first = int(word("3 9 15 18", c))
    set ylabel (c <= 2 ? "ns an import" : "bytes an import")
    set title (Title[c]." (".title.")")
    # With the collector off there is no collection in the loop: the one after it is shown.
    if (c == 2 && mode eq "nogc") { first = 12 }
    set output folder."/import-".mode."-".name.".svg"
    plot for [w = 1:6] "< grep '^".Way[w].",' ".data using first:first+1:first+2:xtic(2) title Way[w] lc rgb Colour[w]
  }
}
