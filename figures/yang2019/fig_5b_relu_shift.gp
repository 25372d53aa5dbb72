# Test accuracy after training against the depth and the shift, under the line $16\,\xi$ of theory (dashed); circles, where accuracy passes the
# level, averaged over levels around it; at the top, depths that were not tried.
set title "relu(x + β)"
set xlabel "shift β"
set ylabel "depth"
stats table using "beta" nooutput name "x"
stats table using (pick("cell", column("depth"))) nooutput name "depth"
wide = 0.5 * (x_max - x_min) / (setting("columns") - 1)
left(x) = x - wide
right(x) = x + wide
high = (depth_max / depth_min)**(0.5 / (setting("rows") - 1))
set xrange [left(x_min):right(x_max)] noextend
set yrange [depth_min / high:depth_max * high] noextend
set style fill solid noborder
set rmargin 12
set palette defined (0 "#ffffff", 1 "#0072B2")
set cbrange [0.1:*]
set cblabel "test accuracy" textcolor rgb "#333333"
unset grid
set logscale y
set ytics (5, 10, 20, 50, 100, 200, 500, 1000)
plot table using "beta":(pick("cell", column("depth"))):(left(column("beta"))):(right(column("beta"))):(pick("cell", column("depth") / high)):(column("depth") * high * 1.03):"score" \
        with boxxyerror palette, \
     "" using "beta":(pick("line", column("depth"))) with lines linestyle 2 linewidth 2 dashtype 2 title "16 ξ", \
     "" using "beta":(pick("line", column("boundary"))) with points linetype 1 pointtype 6 pointsize 0.9 title "accuracy ".setting("level")
