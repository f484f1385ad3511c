# The chart of the jobs: gnuplot -e "folder='bench/results'" bench/jobs.gp
# One panel a job; a star is a result that differs from the floor's; bars are medians, whiskers minimum and maximum, of CPU time (START and WORKERS: of time by the clock).
set terminal svg size 1500,1950 font "Sans,13" background "white"
set output folder . "/jobs.svg"
set datafile separator comma
csv = folder . "/jobs.csv"
titles = "awk -F, 'NR > 1 && !($1 in s) { s[$1]; n++; if (!k || n == k) t = $1 } END { print k ? t : n }' "
lines = system(titles . csv)
at(k) = system(titles . sprintf("k=%d ", k) . csv)
unset key
set style fill solid 0.75 noborder
set grid xtics lc rgb "#dddddd"
set logscale x
unset ytics
set border 1
set multiplot layout (int(lines) + 2) / 3, 3 margins 0.125,0.97,0.05,0.96 spacing 0.145,0.075
do for [k = 1:int(lines)] {
  job = at(k)
  set title job offset 0,-0.6
  set xlabel (job[1:5] eq "START" ? "ns to the end, by the clock" : job[1:7] eq "WORKERS" ? "ns a frame, by the clock" : "ns a frame, CPU") offset 0,0.5
  set xrange [*:*]
  set yrange [*:*]
  set format x "10^{%T}"
  stats csv using (strcol(1) eq job ? column(3) : NaN) name "S" nooutput
  low = 10 ** (floor(log10(S_min)))
  set xrange [low : 10 ** (ceil(log10(S_max * 2.5)))]
  set yrange [S_records + 0.6 : 0.4]
  n = 0
  m = 0
  o = 0
  p = 0
  plot csv using (strcol(1) eq job && strlen(strcol(3)) ? low : NaN):(strcol(1) eq job && strlen(strcol(3)) ? (n = n + 1, n) : NaN):(low):(column(3)):(n - 0.38):(n + 0.38) with boxxyerror lc rgb "#4878a8", \
    csv using (strcol(1) eq job && strlen(strcol(3)) ? column(3) : NaN):(strcol(1) eq job && strlen(strcol(3)) ? (m = m + 1, m) : NaN):(column(4)):(column(5)) with xerrorbars lc rgb "#202020" pt 0 ps 0, \
    csv using (low * 1.0001):(strcol(1) eq job && strlen(strcol(3)) ? (o = o + 1, o) : NaN):(strcol(2) . (strcol(7) eq "agrees" ? "" : "*")) with labels right offset -0.6,0 font ",11", \
    csv using (strcol(1) eq job && strlen(strcol(3)) ? column(5) : NaN):(strcol(1) eq job && strlen(strcol(3)) ? (p = p + 1, p) : NaN):(job[1:5] eq "START" ? sprintf("%.1f ms", column(3) / 1e6) : strcol(3)) with labels left offset 0.7,0 font ",11"
}
unset multiplot
