# The largest eigenvalue on one batch, with frozen (vermilion) and live statistics (green), for each network and kind of input; without batch normalisation the two are one. Crosses mark the bounds for independent coordinates: diagonal ones for frozen, upright ones for live statistics.
stats table using "live_theory" nooutput
unset title
set key at screen 0.1, screen 0.985 left top vertical maxrows 2
set tmargin 4.5
set xlabel "λ_{max}"
set logscale x
set format x "10^{%L}"
set lmargin at screen 0.44
set rmargin at screen 0.97
set yrange [-12.7:-0.3]
unset ytics
unset grid
set grid x back linetype 1 linecolor rgb "#e6e6e6" linewidth 0.6
set xrange [STATS_min / 2:*]
row = 0
line(value) = column("l") == 1 ? (row = row - 1, value) : NaN
plot table using (line(column("frozen"))):(row) with points pointtype 7 pointsize 0.9 linecolor rgb vermilion title "frozen", \
     row = 0, "" using (line(column("live"))):(row) with points pointtype 5 pointsize 0.7 linecolor rgb green title "live", \
     row = 0, "" using (line(column("frozen_theory"))):(row) with points pointtype 2 pointsize 0.9 linecolor rgb black title "frozen, independent", \
     row = 0, "" using (line(column("live_theory"))):(row) with points pointtype 1 pointsize 0.9 linecolor rgb black title "live, independent", \
     row = 0, "" using (line(STATS_min / 2)):(row):1 with labels right offset -1,0 font ",13" textcolor rgb black
