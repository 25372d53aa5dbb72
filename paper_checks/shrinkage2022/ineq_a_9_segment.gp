# Along the segment between two inputs, networks one by one: squared operator norm of the Jacobian (red), its square in the segment's direction
# (green), the difference quotient of the ends (dashed), which the latter exceeds somewhere, and the bound (A.9) (blue).
set title setting("phi")." networks, L = ".setting("L").", N = ".setting("N").", ".setting("n")." inputs"
set xlabel "place on the segment from x_α to x_β"
set ylabel "squared norm"
set xrange [0:1]
set logscale y
@two_rows
plot table using "at":"quotient" with lines linestyle 8 title "difference quotient", \
     "" using "at":"along" with lines linestyle 4 linewidth 1.5 title "along the segment", \
     "" using "at":"norm" with linespoints linestyle 2 pointsize 0.4 title "operator norm", \
     "" using "at":"bound" with lines linestyle 3 title "bound (A.9)"
