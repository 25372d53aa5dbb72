# How far from 1 the smallest correlation over pairs of inputs is after $l$ layers: at infinite width from antipodal inputs (black), in wide
# untrained networks from antipodal inputs (green), and over pairs of test images before (red) and after training (orange), with one standard error.
# Between the grey lines lies the block that is later replaced; there the paper says about 0.03 or less.
L = setting("L") + 0; block = setting("block") + 0
entry = int((L - block) / 2)
set title "Smallest correlation of a pair, ".setting("first")." and ".(setting("first") eq "relu" ? "erf" : "relu")." in turn"
set xlabel "layers passed l"
set ylabel "1 − smallest correlation"
set logscale y
set xrange [0:L]
set yrange [*:*] noextend
set format y "%g"
set ytics (0.0001, 0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2)
set arrow from entry, graph 0 to entry, graph 1 nohead linestyle 8
set arrow from entry + block, graph 0 to entry + block, graph 1 nohead linestyle 8
set label "replaced block" at entry + block / 2., graph 0.96 center textcolor rgb grey
@two_rows
gap(x) = 1 - column(x)
plot table using "l":(gap("after") - column("after_err")):(gap("after") + column("after_err")) with filledcurves linecolor rgb orange, \
     "" using "l":(gap("before")):"before_err" with yerrorbars linestyle 2 title "test images, untrained", \
     "" using "l":(gap("after")) with lines linestyle 5 title "test images, trained", \
     "" using "l":(exp(column("log_gap"))):(exp(column("log_gap") - column("log_gap_err"))):(exp(column("log_gap") + column("log_gap_err"))) \
        with yerrorbars linestyle 4 pointsize 0.35 title "antipodal, networks", \
     "" using "l":(gap("theory")) with lines linestyle 1 title "antipodal, infinite width"
