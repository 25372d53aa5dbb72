# Squared stretch by the Jacobian of critical networks. The mean over directions stays at 1 (networks green, infinite width blue); the largest,
# which is the operator norm, grows (networks red, the edge of the limiting spectrum black). One standard error.
set title setting("phi")." networks of width ".setting("N").", critical variances"
set xlabel "depth L (non-linear layers)"
set ylabel "squared stretch"
set logscale x 2
set logscale y
@depths
set yrange [*:*] noextend
set format y "%g"
set ytics (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 1000)
@two_rows
plot $two using (2):(reach(0.5, 50)) with points pointsize 0, \
     table using "L":"edge" with lines linestyle 1 title "largest, infinite width", \
     "" using "L":"norm2":"norm2_err" with yerrorbars linestyle 2 title "largest, networks", \
     1 with lines linestyle 3 title "mean, infinite width", \
     "" using "L":"mean_square":"mean_square_err" with yerrorbars linestyle 4 title "mean, networks"
