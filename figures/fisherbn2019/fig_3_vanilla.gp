# Test loss of vanilla networks on Fashion-MNIST over $\log_{10}\eta$ and $\sigma_w$; white where a training exploded. Circles: the rate at which
# training begins to explode. Black: the theory. Purple, dotted: the largest eigenvalue of the networks themselves.
set title "Vanilla, Fashion-MNIST"
set xlabel "σ_w"
set ylabel "log_{10} η"
@two_rows
stats table using "sigma_w" nooutput name "x"
stats table using (pick("cell", column("log_rate"))) nooutput name "rate"
wide = (x_max / x_min)**(0.5 / (setting("columns") - 1))
high = (rate_max - rate_min) / (setting("rows") - 1) / 2
set logscale x
set xtics (0.5, 0.7, 1, 1.5, 2, 3)
set xrange [x_min / wide:x_max * wide * 1.01] noextend
set yrange [rate_min - high:rate_max + high] noextend
set style fill solid noborder
set rmargin 12
set palette defined (0 "#0072B2", 0.5 "#56B4E9", 1 "#e6e6e6")
set cbrange [*:1]
set cblabel "log_{10} test loss" textcolor rgb "#333333"
unset grid
shade(loss) = loss > 10 ? 1 : log10(loss)
plot table using "sigma_w":(pick("cell", column("log_rate"))):(column("sigma_w") / wide):(column("sigma_w") * wide * 1.01):(column("log_rate") - high):(column("log_rate") + high * 1.02):(shade(column("loss"))) \
        with boxxyerror palette, \
     "" using "sigma_w":(pick("theory", column("log_rate"))) with lines linetype 1 linewidth 2 title "theory", \
     "" using "sigma_w":(pick("own", column("log_rate"))) with lines linetype 6 linewidth 2 dashtype 3 title "own λ_{max}", \
     "" using "sigma_w":(pick("boundary", column("boundary"))):"boundary_err" with yerrorbars linetype 1 pointtype 6 pointsize 0.9 linewidth 1 title "explodes"
