# How non-linear activations are: $R=\|\phi-\bar\phi\|^2/\|\phi'\|^2$, the quantity that Theorem 1 sums over layers. It is at most one half
# (dashed), the value of $h_2$.
set title "Non-linearity of a layer"
set xlabel "R = ‖φ − φ̄‖² / ‖φ′‖²"
set xrange [0:0.52]
set yrange [-0.8:*]
set ytics noenhanced scale 0
unset grid
set grid x
set tmargin 2.2
set title offset 0,-0.5
ranked = sprintf("< grep -v '^#' '%s' | tail -n +2 | grep . | sort -u -t '\t' -k 1,1 | sort -t '\t' -g -k 6,6", table)
set arrow from 0.5, graph 0 to 0.5, graph 1 nohead linestyle 8
plot ranked using ($6 / 2):0:($6 / 2):(0.36):ytic(1) with boxxyerror fillstyle transparent solid 0.4 linecolor rgb blue
